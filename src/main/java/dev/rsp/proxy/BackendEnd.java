// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Protocol;
import dev.rsp.proxy.BackendConnection.State;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an exchange leaves its backend connection: the connection goes back to the pool if nothing
 * about its state is in doubt, else it is closed; and if it ended first, the exchange hears of it.
 *
 * <p>One connection's. Its {@link BackendConnection} calls it, on the loop.
 */
final class BackendEnd {
  private static final Logger log = LoggerFactory.getLogger(BackendEnd.class);

  private final ProxyLoop loop;
  private final Channel channel;
  private final BackendConnection connection;
  private final ResponseReader response;

  /** What comes yet is no good end of a response. */
  private boolean failed;

  /** The backend has stopped to read. */
  private boolean writeFailed;

  BackendEnd(
      ProxyLoop loop, Channel channel, BackendConnection connection, ResponseReader response) {
    this.loop = loop;
    this.channel = channel;
    this.connection = connection;
    this.response = response;
  }

  /** Whether the connection can carry a request. */
  boolean usable() {
    return channel.isActive() && !failed && !writeFailed;
  }

  /** Whether more of a request makes sense. */
  boolean takesRequest() {
    return !writeFailed;
  }

  /**
   * The response is complete.
   *
   * @param requestEnded whether the request was complete, too
   */
  void finished(boolean requestEnded) {
    connection.leaveExchange();
    connection.setReading(true);
    boolean oneOnly = connection.place().protocol() == Protocol.UWSGI;
    // A backend that answers early may never read the rest, behind which the next would wait.
    boolean sent = requestEnded && connection.unsent() == 0;
    if (response.keepsAlive() && sent && !writeFailed && !oneOnly) {
      connection.state = State.IDLE;
      loop.pools.put(connection);
    } else {
      connection.close();
    }
  }

  /** Ends the connection without a word to the exchange, whose answer nobody wants any more. */
  void abandon() {
    connection.exchange = null;
    connection.close();
  }

  /** The body that the client has begun to get is none. */
  void malformedBody(BackendAnswer answer) {
    failed = true;
    abandon();
    answer.malformedBody();
  }

  // What the channel says ------------------------------------------------------------------------

  /** The backend sends nothing more. */
  void inputEnded() {
    Exchange current = connection.exchange;
    if (connection.inTunnel() && current != null) {
      current.answer.tunnelHalfClosed();
    } else {
      connection.close();
    }
  }

  /** The connection is closed, by whomever. */
  void closed() {
    if (connection.state == State.CLOSED || connection.state == State.CONNECTING) {
      return;
    }
    boolean tunnel = connection.inTunnel();
    connection.state = State.CLOSED;
    Exchange current = connection.leaveExchange();
    connection.stopWaiting();
    response.release();
    loop.pools.forget(connection);
    if (current == null) {
      return;
    }
    if (tunnel) {
      current.answer.tunnelClosed();
    } else if (response.untilClose() && !failed) {
      current.answer.body(Unpooled.EMPTY_BUFFER, true);
    } else {
      current.answer.lost(connection.reused(), response.answered(), response.inBody());
    }
  }

  /** Something was thrown, here or by the channel. */
  void failed(Throwable cause) {
    if (!(cause instanceof IOException)) {
      failed = true;
      connection.failed(connection.exchange, cause);
    } else if (connection.inTunnel()) {
      // With half-closure on, Netty would have it look like an end of the backend's side alone.
      connection.close();
    } else if (channel.isActive() && !writeFailed) {
      // Most likely a write: the backend reads no more, but may have answered.
      log.debug("backend={}: {}", connection.place(), cause.getMessage());
      writeFailed = true;
      failed = true;
      Exchange current = connection.exchange;
      if (current != null) {
        current.backendWritable(); // the rest of the request is read, and thrown away
      }
    } else {
      failed = true;
    }
  }
}
