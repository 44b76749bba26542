// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.HeadWriter;
import dev.rsp.http.HeadWriter.Persistence;
import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.proxy.ClientStream.BodyKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;

/**
 * Writes the responses of one HTTP/1 client connection, one after the other: heads in the client's
 * version, bodies in a framing that it understands.
 */
final class ResponseWriter {
  private final ProxyLoop loop;
  private final Channel channel;

  private boolean http10;
  private boolean isHead;
  private boolean rechunk;
  private boolean insideChunks;
  private boolean headWritten;
  private boolean endedByClose;
  private long written;

  /** A writer for a connection; it writes on the connection's loop. */
  ResponseWriter(ProxyLoop loop, Channel channel) {
    this.loop = loop;
    this.channel = channel;
  }

  /** Starts the response to a request. */
  void start(boolean clientSpeaks10, boolean requestIsHead) {
    http10 = clientSpeaks10;
    isHead = requestIsHead;
    rechunk = false;
    insideChunks = false;
    headWritten = false;
    endedByClose = false;
  }

  /** Whether the head of the final response has been written. */
  boolean headWritten() {
    return headWritten;
  }

  /** Whether the client understands chunks, and interim responses: not with HTTP/1.0. */
  boolean takesChunks() {
    return !http10;
  }

  /** Whether only the end of the connection tells the client that the body is over. */
  boolean endedByClose() {
    return endedByClose;
  }

  void interim(ResponseHead head) {
    loop.writer.response(head, Persistence.KEEP, false, false, loop.date.now());
    send(loop.withHead(Unpooled.EMPTY_BUFFER));
  }

  /**
   * Writes a head and the first bytes of the body.
   *
   * @param keep whether the connection may stay
   * @return whether it does
   */
  boolean head(ResponseHead head, BodyKind kind, boolean keep, ByteBuf body, boolean last) {
    headWritten = true;
    endedByClose = http10 && kind != BodyKind.LENGTH;
    boolean stays = keep && !endedByClose;
    rechunk = kind == BodyKind.UNTIL_CLOSE && !http10;
    boolean chunked = !http10 && kind != BodyKind.LENGTH;
    // RFC 9110 §8.6: 204 has no length. What HEAD and 304 say of a body that is not there stays.
    boolean hasLength = kind == BodyKind.LENGTH && head.status() != 204;
    Persistence persistence =
        !stays ? Persistence.CLOSE : http10 ? Persistence.KEEP_SAID : Persistence.KEEP;
    HeadWriter writer = loop.writer;
    try {
      writer.response(head, persistence, hasLength, chunked, loop.date.now());
      if (rechunk && body.isReadable()) {
        writer.appendChunkSize(body.readableBytes(), false);
        insideChunks = true;
      }
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    send(loop.withHead(body));
    if (rechunk && last) {
      lastChunk();
    }
    return stays;
  }

  void body(ByteBuf bytes, boolean last) {
    if (bytes.isReadable() && rechunk) {
      try {
        loop.writer.startChunk(bytes.readableBytes(), insideChunks);
      } catch (Throwable e) {
        bytes.release();
        throw e;
      }
      insideChunks = true;
      send(loop.withHead(bytes));
    } else if (bytes.isReadable()) {
      send(bytes);
    } else {
      bytes.release();
    }
    if (rechunk && last) {
      lastChunk();
    }
  }

  /** The CRLF of the chunk before, and the last chunk (RFC 9112 §7.1). */
  private void lastChunk() {
    loop.writer.lastChunk(insideChunks);
    send(loop.withHead(Unpooled.EMPTY_BUFFER));
  }

  void tunnel(ResponseHead head, ByteBuf bytes) {
    headWritten = true;
    try {
      loop.writer.response(head, Persistence.UPGRADE, false, false, loop.date.now());
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    send(loop.withHead(bytes));
  }

  void refusal(Refusal refusal, boolean keep) {
    headWritten = true;
    loop.writer.refusal(refusal, !keep, !isHead, http10 && keep, loop.date.now());
    send(loop.withHead(Unpooled.EMPTY_BUFFER));
  }

  /** Bytes that were written to the connection, since it was opened. */
  long written() {
    return written;
  }

  private void send(ByteBuf bytes) {
    written += bytes.readableBytes();
    loop.flusher.send(channel, bytes);
  }
}
