// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a request as they go out: the head and what came of the body, in the form for each
 * protocol that its places may speak, as long as they may have to be sent, or sent again.
 *
 * <p>One exchange's, and used again for its next request. Its {@link RequestSender} calls it, on
 * the loop.
 */
final class OutgoingRequest {
  private final ProxyLoop loop;

  /** In HTTP; null if it need not be sent any more. */
  private @Nullable ByteBuf http;

  private int start;
  private int end;

  /** As uwsgi places get it; made with the first request that needs it. */
  private @Nullable UwsgiRequest uwsgi;

  /** Bytes of the body that came before there was a connection to send them over. */
  private int kept;

  OutgoingRequest(ProxyLoop loop) {
    this.loop = loop;
  }

  /**
   * Starts with a request.
   *
   * @param bytes the head and what came with it, for places that are spoken with in HTTP; taken
   *     over
   */
  void start(ByteBuf bytes) {
    http = bytes;
    start = bytes.readerIndex();
    end = bytes.writerIndex();
  }

  /** The request in the form for uwsgi places. */
  UwsgiRequest uwsgi() {
    UwsgiRequest made = uwsgi;
    if (made == null) {
      made = new UwsgiRequest(loop);
      uwsgi = made;
    }
    return made;
  }

  /**
   * Keeps more of the body until the request can be sent, and takes over the buffer.
   *
   * @return false if it is not kept, because too many bytes are held at a time
   */
  boolean keep(ByteBuf bytes) {
    try {
      int more = bytes.readableBytes();
      boolean fits = loop.held.add(more, loop.service().held.totalBytes());
      if (fits) {
        kept += more;
        if (uwsgi != null) {
          uwsgi.keep(bytes);
        }
        if (http != null && http.isReadable()) {
          http.writeBytes(bytes, bytes.readerIndex(), more);
          end = http.writerIndex();
        }
      }
      return fits;
    } finally {
      bytes.release();
    }
  }

  /** The body has come to its end before it was sent. */
  void bodyEnded() {
    if (uwsgi != null) {
      uwsgi.complete();
    }
  }

  /**
   * The request in HTTP, for the caller to send.
   *
   * @param again whether it may have to be sent again, so that it is also kept here
   */
  ByteBuf take(boolean again) {
    ByteBuf bytes = Objects.requireNonNull(http);
    if (again) {
      bytes.retain();
    } else {
      http = null;
    }
    return bytes;
  }

  /** Makes it as it was before it was sent in HTTP; false if it was not kept. */
  boolean rewind() {
    if (http == null) {
      return false;
    }
    http.setIndex(start, end);
    return true;
  }

  /** The capacity of what is kept. */
  long heldBytes() {
    long inHttp = http == null ? 0 : http.capacity();
    return inHttp + (uwsgi == null ? 0 : uwsgi.heldBytes());
  }

  /** Forgets it: it need not be sent any more. */
  void release() {
    loop.held.remove(kept);
    kept = 0;
    ByteBuf bytes = http;
    http = null;
    if (bytes != null) {
      bytes.release();
    }
    if (uwsgi != null) {
      uwsgi.release();
    }
  }
}
