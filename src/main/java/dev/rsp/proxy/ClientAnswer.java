// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * The answer to the request at hand of an HTTP/1 client: what the exchange passes on, or a refusal
 * of rsp's own. When it is out, the {@link ClientEnd} of the connection says what is next.
 */
final class ClientAnswer implements ClientStream {
  private final ProxyLoop loop;
  private final Channel channel;
  private final ClientConnection connection;
  private final ResponseWriter writer;
  private final ReadSize size = new ReadSize();

  /** Whether the connection may stay, as far as this request and its answer say. */
  private boolean keepAlive;

  ClientAnswer(ProxyLoop loop, Channel channel, ClientConnection connection) {
    this.loop = loop;
    this.channel = channel;
    this.connection = connection;
    this.writer = new ResponseWriter(loop, channel);
  }

  /** Starts the answer to a request. */
  void start(RequestHead head) {
    writer.start(head.http10(), head.isHead());
    // What follows an offer to change protocols is of the new one, or of none: if the backend
    // declines, it must not be read as a request.
    keepAlive = head.keepAlive() && !head.upgrade();
  }

  /**
   * Starts the answer to what is no request, or to one that cannot be read.
   *
   * @param toHead whether it is to have no body, because what was read begins as a HEAD request
   */
  void startLast(boolean toHead) {
    writer.start(false, toHead);
    keepAlive = false;
  }

  /** Whether the final head is written: from then on nothing else can be said. */
  boolean begun() {
    return writer.headWritten();
  }

  /** Bytes that the client has taken since the connection was opened. */
  long taken() {
    return writer.written() - Closing.unsent(channel);
  }

  /** Whether the connection may stay. */
  boolean keepsAlive() {
    return keepAlive;
  }

  /** Whether only the end of the connection tells the client that the body is over. */
  boolean endedByClose() {
    return writer.endedByClose();
  }

  @Override
  public boolean takesChunks() {
    return writer.takesChunks();
  }

  @Override
  public boolean takesInterim() {
    return writer.takesChunks();
  }

  @Override
  public void interim(ResponseHead head) {
    writer.interim(head);
    if (head.status() == 100) {
      connection.clock.continued();
    }
  }

  @Override
  public void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    boolean stay;
    try {
      connection.clock.moved();
      stay = mayStay();
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    keepAlive = writer.head(head, kind, stay, body, last);
    if (last) {
      connection.end.answered(Ending.SERVED);
    }
  }

  @Override
  public void body(ByteBuf bytes, boolean last) {
    try {
      connection.clock.moved();
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    writer.body(bytes, last);
    if (last) {
      connection.end.answered(Ending.SERVED);
    }
  }

  @Override
  public void refuse(Refusal refusal, Ending ending) {
    keepAlive = mayStay() && (ending != Ending.LIMIT_SLOT || !givesConnectionBack());
    writer.refusal(refusal, keepAlive);
    connection.end.answered(ending);
  }

  /** Refuses what is no whole request, and ends the connection. */
  void refuseLast(Refusal refusal, Ending ending) {
    keepAlive = false;
    refuse(refusal, ending);
  }

  /** Refuses a connection before its first request. */
  void turnAway(Refusal refusal) {
    startLast(false);
    writer.refusal(refusal, false);
  }

  /** Refuses what came of a request if that can still be said, or else cuts its response. */
  void refuseOrCut(Refusal refusal, Ending ending) {
    if (writer.headWritten()) {
      cut(Ending.REQUEST_BROKEN);
    } else {
      refuseLast(refusal, ending);
    }
  }

  private boolean givesConnectionBack() {
    return loop.service().share.closesRefused(loop.connections.get());
  }

  /** The client of an early answer may still be sending; only the connection's end stops it. */
  private boolean mayStay() {
    return keepAlive && connection.state == ClientState.ANSWER && !loop.draining();
  }

  @Override
  public void startTunnel(ResponseHead head, ByteBuf bytes) {
    writer.tunnel(head, bytes);
    connection.startTunnel();
  }

  @Override
  public void cut(Ending ending) {
    connection.end.cut(ending);
  }

  @Override
  public void fail() {
    connection.end.fail();
  }

  @Override
  public void tunnelHalfClosed() {
    Closing.shutOutputAfterFlush(channel);
  }

  @Override
  public void tunnelClosed() {
    connection.end.tunnelClosed();
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public int mostReadBytes() {
    return size.mostBytes(taken());
  }

  /** The client's socket takes no more. */
  void full() {
    size.full(loop.deadlines.nowMillis());
  }

  /** The client's socket has taken all; says whether the client had stalled. */
  boolean drained() {
    return size.drained(loop.deadlines.nowMillis(), taken());
  }

  @Override
  public void setReading(boolean on) {
    connection.setReading(on);
  }

  @Override
  public void awaitBody() {
    connection.clock.awaitBody();
  }

  @Override
  public void awaitResponse() {
    connection.clock.awaitResponse();
  }
}
