// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Refusal;
import io.netty.channel.Channel;

/**
 * How a client's exchange ends, and its connection with it or not: goes on with the next request,
 * closes when all is sent, lingers, or cuts so that the client sees it. Here each exchange is
 * counted once.
 */
final class ClientEnd {
  private static final Refusal HEAD_TIMEOUT = new Refusal(408, "the request head took too long");
  private static final Refusal BODY_TIMEOUT = new Refusal(408, "the request body took too long");
  private static final Refusal BODY_TOO_SLOW = new Refusal(408, "the request body came too slowly");
  private static final Refusal NO_MEMORY = new Refusal(503, "the proxy is short of memory");
  private static final Refusal BACKEND_TIMEOUT =
      new Refusal(504, "the backend took too long to answer");

  private final ProxyLoop loop;
  private final Channel channel;
  private final ClientConnection connection;

  /** Whether there is an exchange that has not been counted. */
  private boolean open;

  ClientEnd(ProxyLoop loop, Channel channel, ClientConnection connection) {
    this.loop = loop;
    this.channel = channel;
    this.connection = connection;
  }

  /** An exchange begins; it is to end with one {@link Ending}. */
  void begin() {
    open = true;
  }

  /** Whether an exchange has begun and not ended. */
  boolean open() {
    return open;
  }

  private void count(Ending ending) {
    if (open) {
      open = false;
      loop.counters.count(ending);
    }
  }

  /** The answer is out: goes on with the next request, or ends the connection. */
  void answered(Ending ending) {
    count(ending);
    if (connection.state == ClientState.CLOSED) {
      return;
    }
    if (connection.answer.keepsAlive() && !loop.stopping()) {
      connection.nextRequest();
      return;
    }
    boolean clientMaySend =
        connection.state != ClientState.ANSWER || connection.input.holdsBuffer();
    if (clientMaySend && !connection.inputEnded()) {
      linger();
    } else {
      closeAfterFlush();
    }
  }

  /** A connection that is one too many has been told so, and is not served. */
  void turnAway(Ending ending, boolean mayLinger) {
    count(ending);
    if (mayLinger) {
      linger();
    } else {
      closeAfterFlush();
    }
  }

  /** Closes when the answers are out; no request is read any more. */
  void closeAfterFlush() {
    // Half a head that will not be whole.
    count(Ending.CLIENT_GONE_IN_HEAD);
    connection.state = ClientState.LINGER;
    connection.input.release();
    connection.clock.awaitTaken();
    Closing.closeAfterFlush(channel);
  }

  /**
   * RFC 9112 §9.6: closing with bytes unread would reset the connection, and the client could lose
   * the answer. So only our side is closed; what still comes is thrown away for a while.
   */
  private void linger() {
    connection.state = ClientState.LINGER;
    connection.input.release();
    connection.clock.awaitClose();
    connection.setReading(true);
    Closing.shutOutputAfterFlush(channel);
  }

  /** The response cannot be finished: the client must see that it is not whole. */
  void cut(Ending ending) {
    count(ending);
    connection.state = ClientState.LINGER;
    connection.input.release();
    if (connection.answer.endedByClose()) {
      // RFC 9112 §8: a clean close would make it look whole.
      Closing.reset(channel);
    } else {
      connection.clock.awaitClose();
      Closing.closeAfterFlush(channel);
    }
  }

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed() {
    if (connection.state == ClientState.TUNNEL) {
      count(Ending.TUNNELLED);
      connection.state = ClientState.LINGER;
      connection.clock.awaitTaken();
      Closing.closeAfterFlush(channel);
    }
  }

  // Time ----------------------------------------------------------------------------------------

  /** The head did not become whole in time, or none came at all. */
  void headTimedOut() {
    if (open) {
      connection.answer.startLast(false);
      connection.answer.refuse(HEAD_TIMEOUT, Ending.HEAD_TIMEOUT);
    } else {
      connection.close();
    }
  }

  /** No more of the body came, or the backend takes no more of it. */
  void bodyTimedOut() {
    boolean clientIsSlow = connection.wanted();
    connection.exchange.abandon();
    if (clientIsSlow) {
      connection.answer.refuseOrCut(BODY_TIMEOUT, Ending.BODY_TIMEOUT);
    } else {
      connection.answer.refuseOrCut(BACKEND_TIMEOUT, Ending.RESPONSE_TIMEOUT);
    }
  }

  /** The backend did not begin to answer in time. */
  void responseTimedOut() {
    connection.exchange.abandon();
    connection.answer.refuse(BACKEND_TIMEOUT, Ending.RESPONSE_TIMEOUT);
  }

  /**
   * No more of the response came, or the client takes no more of it.
   *
   * @param bodyIsLate whether the client was to send more of its request, and did not
   */
  void responseStalled(boolean bodyIsLate) {
    boolean clientIsSlow = Closing.unsent(channel) > 0;
    connection.exchange.abandon();
    if (clientIsSlow) {
      cutAtOnce(Ending.CLIENT_STALLED);
    } else {
      cut(bodyIsLate ? Ending.REQUEST_BROKEN : Ending.BACKEND_STALLED);
    }
  }

  /** Less of the request comes per second than has to. */
  void sendsTooSlowly() {
    connection.exchange.abandon();
    connection.answer.refuseOrCut(BODY_TOO_SLOW, Ending.LIMIT_BODY_RATE);
  }

  /** The client takes less of the response per second than it has to. */
  void takesTooSlowly() {
    connection.exchange.abandon();
    cutAtOnce(Ending.LIMIT_RESPONSE_RATE);
  }

  /** Memory is exhausted, and the connection holds much of it. */
  void memoryExhausted() {
    boolean canRefuse =
        connection.state == ClientState.BODY && !connection.answer.begun() && channel.isWritable();
    connection.exchange.abandon();
    if (canRefuse) {
      connection.answer.refuseLast(NO_MEMORY, Ending.LIMIT_MEMORY);
    } else {
      count(Ending.LIMIT_MEMORY);
      connection.state = ClientState.LINGER;
      // What the kernel holds for a client that takes nothing is to be freed as well.
      Closing.reset(channel);
    }
  }

  /** What a client does not take is not waited for: it sees the end of what the kernel has. */
  private void cutAtOnce(Ending ending) {
    count(ending);
    connection.state = ClientState.LINGER;
    cutNow();
  }

  private void cutNow() {
    if (connection.answer.endedByClose()) {
      // RFC 9112 §8: a clean close would make it look whole.
      Closing.reset(channel);
    } else {
      connection.close();
    }
  }

  // What the client does ------------------------------------------------------------------------

  /** The client sends nothing more. */
  void inputEnded() {
    switch (connection.state) {
      case HEAD -> {
        if (channel.isWritable()) {
          closeAfterFlush();
        }
      }
      case LINGER -> Closing.closeAfterFlush(channel);
      case BODY -> {
        // RFC 9112 §8: an incomplete request. The backend must not take it for a whole one.
        connection.exchange.abandon();
        count(Ending.CLIENT_GONE_IN_BODY);
        connection.state = ClientState.LINGER;
        connection.close();
      }
      case TUNNEL -> connection.exchange.clientHalfClosed();
      case ANSWER, CLOSED -> {}
    }
  }

  /** The connection is closed, by whomever. */
  void closed() {
    switch (connection.state) {
      case HEAD -> count(Ending.CLIENT_GONE_IN_HEAD);
      case BODY -> count(Ending.CLIENT_GONE_IN_BODY);
      case ANSWER ->
          count(
              connection.answer.begun() ? Ending.CLIENT_GONE_READING : Ending.CLIENT_GONE_WAITING);
      case TUNNEL -> count(Ending.TUNNELLED);
      case LINGER, CLOSED -> count(Ending.FAILED);
    }
    connection.state = ClientState.CLOSED;
    try {
      connection.clock.stop();
      connection.input.release();
    } finally {
      connection.exchange.abandon();
    }
  }

  /**
   * Ends the connection at once, and the exchange, if there is one, as failed: nothing is known of
   * how far it has come. What still comes of either side is thrown away.
   */
  void fail() {
    count(Ending.FAILED);
    if (connection.state != ClientState.CLOSED) {
      connection.state = ClientState.LINGER;
    }
    try {
      connection.exchange.abandon();
    } finally {
      cutNow();
    }
  }

  /** Ends the connection at once, and the exchange, if there is one, so. */
  void closeNow(Ending ending) {
    count(ending);
    connection.close();
  }
}
