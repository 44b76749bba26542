// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Held;
import dev.rsp.http.BodyFraming;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.UwsgiWriter;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A request in the form for uwsgi backends, until it is sent: the packet of variables, and the
 * bytes of the body that have come.
 *
 * <p>The packet says how long the body is. A chunked one is therefore held until it is whole,
 * within {@link Held#bodyBytes()}; any other is sent on as it comes. One exchange's.
 */
final class UwsgiRequest {
  private static final Refusal LENGTH_REQUIRED =
      new Refusal(411, "the backend's protocol needs a Content-Length");
  private static final Refusal TOO_LARGE =
      new Refusal(413, "too large for a chunked body to this backend: send a Content-Length");
  static final Refusal TOO_MANY = new Refusal(503, "too many bodies are held at a time");

  private final ProxyLoop loop;
  private final BodyFraming framing = new BodyFraming();

  private @Nullable ByteBuf packet;
  private @Nullable ByteBuf body;
  private Held limits = Held.DEFAULTS;
  private @Nullable Refusal unfit;
  private boolean complete;
  private boolean expectsContinue;
  private int held;

  UwsgiRequest(ProxyLoop loop) {
    this.loop = loop;
  }

  /**
   * Starts with a request.
   *
   * @param first the first bytes of its body, perhaps none; taken over
   * @param whole whether the body is complete with them
   */
  void start(
      RequestHead head,
      ByteBuf first,
      boolean whole,
      UwsgiWriter.Hop hop,
      boolean trustForwarded,
      Held holdTo) {
    limits = holdTo;
    body = first; // before anything can throw: it is then released with the request
    boolean chunked = head.chunked();
    complete = !chunked;
    boolean expecting = head.expectContinue() && !whole && !first.isReadable();
    long length = chunked ? -1 : Math.max(0, head.contentLength());
    UwsgiWriter writer = loop.uwsgiWriter;
    unfit =
        chunked && limits.bodyBytes() == 0
            ? LENGTH_REQUIRED
            : writer.request(head, length, hop, trustForwarded);
    if (unfit != null) {
      release();
      return;
    }
    packet = loop.allocator().directBuffer(writer.length() + 64);
    packet.writeBytes(writer.bytes(), 0, writer.length());
    if (chunked) {
      body = null;
      framing.startChunked(false);
      hold(first);
      if (whole) {
        complete();
      }
    }
    expectsContinue = expecting;
  }

  /** Why it cannot be sent in this protocol; null if it can. */
  @Nullable Refusal unfit() {
    return unfit;
  }

  /** How the exchange ends with that. */
  Ending ending() {
    boolean held =
        LENGTH_REQUIRED.equals(unfit) || TOO_LARGE.equals(unfit) || TOO_MANY.equals(unfit);
    return held ? Ending.LIMIT_HELD_BODY : Ending.REFUSED;
  }

  /** Whether the length of its body is known, so that it can be sent. */
  boolean isComplete() {
    return complete;
  }

  /** Whether the client waits to be told that its body is wanted (RFC 9110 §10.1.1). */
  boolean expectsContinue() {
    return expectsContinue;
  }

  /** Keeps more of a chunked body, and takes over the buffer, whose chunks were checked before. */
  void hold(ByteBuf chunks) {
    expectsContinue = false;
    try {
      framing.accept(chunks);
      int more = framing.forwardEnd() - chunks.readerIndex();
      if (held + more > limits.bodyBytes()) {
        unfit = TOO_LARGE;
      } else if (!loop.held.add(more, limits.totalBytes())) {
        unfit = TOO_MANY;
      } else {
        held += more;
        if (body == null) {
          body = loop.allocator().directBuffer(Math.max(more, 256));
        }
        body.writeBytes(chunks, more);
      }
    } finally {
      chunks.release();
    }
  }

  /** Keeps a copy of more of a body that came before there was a connection. */
  void keep(ByteBuf bytes) {
    ByteBuf before = body;
    if (packet == null) {
      return;
    }
    if (!complete) {
      hold(bytes.copy());
    } else if (before != null) {
      before.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }
  }

  /** The body is whole; if it was chunked, its length is known now. */
  void complete() {
    if (packet != null && !complete) {
      UwsgiWriter.addLength(packet, held);
    }
    complete = true;
  }

  /** Sends it, or as much as there is, and forgets it. */
  void sendTo(BackendConnection connection) {
    ByteBuf head = packet;
    packet = null;
    if (head != null) {
      connection.send(head);
    }
    ByteBuf content = body;
    if (content != null && content.isReadable()) {
      body = null;
      connection.send(content);
    }
    release();
  }

  /** The capacity of what is kept. */
  long heldBytes() {
    long ofPacket = packet == null ? 0 : packet.capacity();
    return ofPacket + (body == null ? 0 : body.capacity());
  }

  /** Forgets it. */
  void release() {
    loop.held.remove(held);
    held = 0;
    ByteBuf head = packet;
    ByteBuf content = body;
    packet = null;
    body = null;
    if (head != null) {
      head.release();
    }
    if (content != null) {
      content.release();
    }
  }
}
