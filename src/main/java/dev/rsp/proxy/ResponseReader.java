// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.BodyFraming;
import dev.rsp.http.BodyFraming.Progress;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.proxy.ClientStream.BodyKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * Reads the responses of one backend connection strictly, one after the other: interim heads, the
 * final head, the body. What it finds it hands to the exchange.
 */
final class ResponseReader {
  private static final Refusal MALFORMED_BODY =
      new Refusal(502, "malformed body of the backend's response");

  /** How far a response has come. */
  private enum Stage {
    HEAD,
    BODY,
    /** After a 101: no response any more. */
    TUNNEL
  }

  private final ProxyLoop loop;
  private final BackendConnection connection;
  private final BodyFraming framing = new BodyFraming();

  private Stage stage = Stage.HEAD;

  /** Part of a head. */
  private @Nullable ByteBuf partial;

  private boolean requestIsHead;
  private boolean answered;
  private boolean keepAlive;

  ResponseReader(ProxyLoop loop, BackendConnection connection) {
    this.loop = loop;
    this.connection = connection;
  }

  /** Starts the response to a request. */
  void start(boolean isHead) {
    stage = Stage.HEAD;
    requestIsHead = isHead;
    answered = false;
    keepAlive = false;
  }

  /** Whether any byte of the response has come. */
  boolean answered() {
    return answered;
  }

  /** Whether the final head has come, so that the client has it. */
  boolean inBody() {
    return stage == Stage.BODY;
  }

  /** Whether the end of the connection is a good end of the body. */
  boolean untilClose() {
    return stage == Stage.BODY && framing.untilClose();
  }

  boolean inTunnel() {
    return stage == Stage.TUNNEL;
  }

  /** Whether the backend keeps the connection open, and sent nothing behind the response. */
  boolean keepsAlive() {
    return keepAlive;
  }

  /** Reads on, and takes over the buffer. */
  void read(BackendAnswer answer, ByteBuf bytes) {
    switch (stage) {
      case HEAD -> readHead(answer, bytes);
      case BODY -> readBody(answer, bytes);
      case TUNNEL -> answer.tunnelBytes(bytes);
    }
  }

  private void readHead(BackendAnswer answer, ByteBuf bytes) {
    if (!answered) {
      answered = true;
      try {
        answer.began();
      } catch (Throwable e) {
        bytes.release();
        throw e;
      }
    }
    if (partial == null) {
      partial = bytes;
    } else {
      // A head that is incomplete is read again only when a line has ended: see HeadParser.
      int limit = answer.terms().limits.headBytes();
      boolean look =
          partial.readableBytes() + bytes.readableBytes() >= limit
              || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                  >= 0;
      try {
        partial.writeBytes(bytes);
      } finally {
        bytes.release();
      }
      if (!look) {
        return;
      }
    }
    readHeads(answer, partial);
  }

  /**
   * Reads interim heads and the final one. The bytes stay {@link #partial} meanwhile, so that they
   * are released with the connection whatever throws.
   */
  private void readHeads(BackendAnswer answer, ByteBuf in) {
    ResponseHead head = loop.responseHead;
    while (true) {
      if (!in.isReadable()) {
        release();
        return;
      }
      Parsed parsed = answer.terms().parser.response(in, head);
      if (parsed == Parsed.MORE) {
        return;
      }
      if (parsed == Parsed.REFUSED) {
        release();
        answer.malformed(head.refusal());
        return;
      }
      in.skipBytes(head.length());
      if (!head.interim()) {
        break;
      }
      if (!answer.interim(head)) {
        release();
        return;
      }
    }
    if (head.status() == 101) {
      stage = Stage.TUNNEL;
      connection.allowHalfClosure();
      partial = null;
      answer.switchProtocols(head, in);
    } else {
      startBody(answer, head, in);
    }
  }

  private void startBody(BackendAnswer answer, ResponseHead head, ByteBuf in) {
    keepAlive = head.keepAlive();
    BodyKind kind = BodyKind.LENGTH;
    // RFC 9112 §6.3 rule 1: these have no body, whatever their fields say.
    if (requestIsHead || head.status() == 204 || head.status() == 304) {
      framing.startLength(0);
      // RFC 9110 §8.6, RFC 9112 §6.1: no 204 announces a body. One that does may be followed by it,
      // which must not be read as the next answer.
      boolean announced = head.chunked() || head.contentLength() > 0;
      keepAlive = keepAlive && !(announced && head.status() == 204);
    } else if (head.status() == 205) {
      // RFC 9110 §15.3.6: no content. What comes all the same ends with the connection.
      framing.startLength(0);
      keepAlive = keepAlive && head.contentLength() == 0;
    } else if (head.chunked()) {
      kind = BodyKind.CHUNKED;
      framing.startChunked(answer.takesChunks());
    } else if (head.contentLength() >= 0) {
      framing.startLength(head.contentLength());
    } else {
      kind = BodyKind.UNTIL_CLOSE;
      framing.startUntilClose();
      keepAlive = false;
    }
    Progress progress = framing.accept(in);
    if (progress == Progress.MALFORMED) {
      release();
      answer.malformed(MALFORMED_BODY);
      return;
    }
    stage = Stage.BODY;
    partial = null;
    answer.respond(head, kind, takeBody(in), progress == Progress.DONE);
  }

  private void readBody(BackendAnswer answer, ByteBuf in) {
    Progress progress;
    try {
      progress = framing.accept(in);
    } catch (Throwable e) {
      in.release();
      throw e;
    }
    if (progress == Progress.MALFORMED) {
      in.release();
      connection.end.malformedBody(answer);
      return;
    }
    answer.body(takeBody(in), progress == Progress.DONE);
  }

  /** Cuts a buffer to what the client gets; more than the body is nobody's, and ends the reuse. */
  private ByteBuf takeBody(ByteBuf in) {
    if (framing.consumedEnd() < in.writerIndex()) {
      keepAlive = false;
    }
    return in.writerIndex(framing.forwardEnd());
  }

  /** The capacity of what is held of a head. */
  int heldBytes() {
    return partial == null ? 0 : partial.capacity();
  }

  void release() {
    ByteBuf held = partial;
    partial = null;
    if (held != null) {
      held.release();
    }
  }
}
