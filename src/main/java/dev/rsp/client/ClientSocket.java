// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.exchange.LoopState;
import dev.rsp.http.Hop;
import dev.rsp.net.Closing;
import dev.rsp.net.HalfClosed;
import dev.rsp.net.NetLoop;
import dev.rsp.net.tls.TlsFailure;
import io.netty.channel.Channel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of a client whose protocol is known, until it is closed: whether the client is served,
 * whether it is read, whether it has ended its side, and whether it takes what is sent. The
 * connection, its {@link Owner}, passes on the events of the channel, and is told what they mean.
 * Bytes go to the connection alone.
 *
 * <p>All methods run on the connection's loop.
 */
public final class ClientSocket {
  private static final Logger log = LoggerFactory.getLogger(ClientSocket.class);

  /** The connection of a socket, in the protocol that its client speaks. */
  public interface Owner extends ClientConnection, TimedClient {
    /** The client takes no more for now, or takes more again: {@link TimedClient#full}. */
    void writableChanged();

    /** A client that is served has ended its side. */
    void inputEnded();

    /**
     * The channel is closed.
     *
     * @param served whether the client was served until now
     */
    void closed(boolean served);
  }

  private enum State {
    SERVED,
    /** Nothing more is read; the channel is about to be closed. */
    ENDING,
    CLOSED
  }

  private final LoopState loop;
  private final NetLoop net;
  private final ClientConnections connections;
  private final Channel channel;
  private final Hop hop;
  private final Admission admission;
  private final Owner owner;
  private final ClientTimer timer;

  private State state = State.SERVED;

  /** Whether the connection wants the client to be read. */
  private boolean wanted = true;

  /** Whether reading is paused because memory is short. */
  private boolean paused;

  private boolean reading = true;
  private boolean inputEnded;

  /** Whether the client has not taken all that was sent to it. */
  private boolean slow;

  /**
   * The socket of a connection.
   *
   * @param hop names the client in the log
   * @param admission is left when the channel is closed
   * @param timer of the connection; ends with it
   */
  public ClientSocket(
      LoopState loop,
      ClientConnections connections,
      Channel channel,
      Hop hop,
      Admission admission,
      Owner owner,
      ClientTimer timer) {
    this.loop = loop;
    this.net = loop.net();
    this.connections = connections;
    this.channel = channel;
    this.hop = hop;
    this.admission = admission;
    this.owner = owner;
    this.timer = timer;
  }

  /** The channel is active: the client is among those of the loop, and its first head awaited. */
  public void opened() {
    connections.opened(owner);
    timer.awaitHead(loop.terms());
  }

  // Reading --------------------------------------------------------------------------------------

  /** Pauses or resumes reading, as far as the connection is concerned. */
  public void setReading(boolean on) {
    wanted = on;
    applyReading();
  }

  /** Pauses reading because memory is short, or resumes it. */
  public void pause(boolean on) {
    paused = on;
    applyReading();
  }

  private void applyReading() {
    boolean on = wanted && !paused;
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
      HalfClosed.reading(channel, on);
      timer.readingChanged(on, owner.owesBody());
    }
  }

  /** Whether the client is read. */
  public boolean reading() {
    return reading;
  }

  /** Whether the connection wants the client to be read, memory permitting. */
  public boolean wanted() {
    return wanted;
  }

  // The state ------------------------------------------------------------------------------------

  /** Whether requests are read and answered. */
  public boolean served() {
    return state == State.SERVED;
  }

  /** Whether the channel is closed. */
  public boolean closed() {
    return state == State.CLOSED;
  }

  /** Whether the client has ended its side. */
  public boolean inputEnded() {
    return inputEnded;
  }

  /** As of {@link TimedClient#closedOrGone}. */
  public boolean closedOrGone() {
    closeIfGone();
    return state == State.CLOSED;
  }

  /**
   * As of {@link ClientConnection#idleSinceMillis}.
   *
   * @param idle whether the connection has nothing to do
   */
  public long idleSinceMillis(boolean idle) {
    return idle && state == State.SERVED && admission.counted()
        ? timer.idleSinceMillis()
        : ClientConnection.NOT_IDLE;
  }

  /** The connection gives its place to another one; it must be about to end. */
  public void leavePlace() {
    admission.leave();
  }

  // The end --------------------------------------------------------------------------------------

  /** Nothing more is read or served: the end follows. */
  public void stopServing() {
    if (state == State.SERVED) {
      state = State.ENDING;
    }
  }

  /**
   * RFC 9112 §9.6: closing with bytes unread would reset the connection, and the client could lose
   * the answer. So only our side is ended; what still comes is discarded for a while.
   */
  public void linger() {
    stopServing();
    timer.awaitClose();
    setReading(true);
    if (inputEnded) {
      Closing.closeAfterFlush(channel);
    } else {
      Closing.shutOutputAfterFlush(channel);
    }
  }

  /** Ends the connection by a reset, which also frees what the kernel holds for it. */
  public void reset() {
    stopServing();
    Closing.reset(channel);
  }

  // Events of the channel ------------------------------------------------------------------------

  /** The socket takes more, or no more for now. */
  public void writabilityChanged() {
    if (channel.unsafe().outboundBuffer() == null) {
      setSlow(false); // our side has ended
    } else {
      setSlow(!channel.isWritable());
      owner.writableChanged();
    }
  }

  private void setSlow(boolean now) {
    if (slow != now) {
      slow = now;
      net.countSlowClients(now ? 1 : -1);
    }
  }

  /** A side of the connection has ended: what Netty calls a user event. */
  public void ended(Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      HalfClosed.endSeen(channel);
      if (state == State.SERVED) {
        owner.inputEnded();
      } else if (state == State.ENDING) {
        Closing.closeAfterFlush(channel);
      }
    } else if (event == SslCloseCompletionEvent.SUCCESS) {
      tlsClosed();
    } else if (event == ChannelOutputShutdownEvent.INSTANCE) {
      HalfClosed.reading(channel, reading);
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      closeIfGone();
    }
  }

  /**
   * The client has sent close_notify. TLS 1.2 ends both directions with it (RFC 5246 §7.2.1), and
   * so does the engine, although TLS 1.3 would let the response be sent.
   */
  private void tlsClosed() {
    if (state == State.ENDING) {
      Closing.closeAfterFlush(channel);
    } else {
      channel.close();
    }
  }

  /**
   * Ends the connection if its client has closed it. With reading off, io_uring does not report
   * that.
   */
  private void closeIfGone() {
    if (inputEnded ? HalfClosed.gone(channel) : !reading && net.peerState().broken(channel)) {
      channel.close();
    }
  }

  /** The channel is closed. */
  public void inactive() {
    if (state == State.CLOSED) {
      return;
    }
    boolean served = state == State.SERVED;
    state = State.CLOSED;
    try {
      setSlow(false);
      timer.stop();
    } finally {
      try {
        owner.closed(served);
      } finally {
        connections.closed(owner);
        admission.leave();
      }
    }
  }

  /** An exception of the channel or a handler. */
  public void failed(Throwable caught) {
    Throwable cause = TlsFailure.causeOf(caught);
    if (cause instanceof IOException) {
      log.debug("client gone client={}: {}", hop.text(), cause.getMessage());
      channel.close();
    } else {
      owner.failed(cause);
    }
  }
}
