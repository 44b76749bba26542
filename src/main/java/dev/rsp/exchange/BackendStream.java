// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Place;
import dev.rsp.http.Hop;
import dev.rsp.http.RequestHead;
import dev.rsp.http.Trailers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The backend's side of an exchange, whatever the protocol of the backend: one request, and its
 * response. A connection may carry many at a time.
 *
 * <p>All methods run on the connection's event loop, which is that of the client. It reports the
 * response to the {@link BackendEvents}. After the end of the response, or after {@link #reset},
 * the exchange does not use the stream any more.
 */
public interface BackendStream {
  /** Where its connection leads. */
  Place place();

  /** The address that its connection has, for the log. */
  String address();

  /** The last error of its connection's socket; null if none. */
  @Nullable Throwable fault();

  /** Whether the backend answers {@code Expect: 100-continue} by itself (RFC 9110 §10.1.1). */
  boolean answersExpect();

  /**
   * Whether the backend can refuse a request so that it is known not to be processed: {@link
   * BackendEvents#refused}.
   */
  boolean mayRefuse();

  /**
   * Sends a request in the backend's protocol, and begins to serve its exchange.
   *
   * @param hop what this proxy adds to it
   * @param kind the form of the body. With {@link BodyKind#CONTENT} the head says "chunked", and is
   *     sent in the backend protocol's form for such a body
   * @param body its first bytes, perhaps none; taken over. What lies before its reader index may be
   *     overwritten
   * @param last whether the request is complete with them
   * @return whether it may have to be sent again: its connection has carried a request before, and
   *     the backend may have closed it while it was idle (RFC 9112 §9.3.1); or {@link #mayRefuse}
   */
  boolean request(
      BackendEvents exchange,
      RequestHead head,
      Hop hop,
      Terms terms,
      BodyKind kind,
      ByteBuf body,
      boolean last);

  /**
   * Sends more of the request, or of a tunnel, and takes over the buffer.
   *
   * @param last whether the request is complete with it
   */
  void body(ByteBuf bytes, boolean last);

  /** Passes on the fields behind the content, if it can. The end follows, by {@link #body}. */
  void trailers(Trailers fields);

  /** Whether the backend still reads the request. */
  boolean takesRequest();

  /** Whether it takes more for now; also true if it discards what is sent. */
  boolean writable();

  /** The maximal size of the next read of what is to be sent, in bytes. */
  int mostReadBytes();

  /** Bytes sent that the kernel has not taken yet. */
  long unsentBytes();

  /** The capacity of the buffers that it holds. */
  long heldBytes();

  /** Pauses or resumes reading of the response. */
  void setReading(boolean reading);

  /** Whether bytes pass unchanged, after a 101. */
  boolean inTunnel();

  /** Ends our side of a tunnel when all is sent. */
  void shutOutput();

  /** Ends a tunnel when all is sent. */
  void closeAfterFlush();

  /** Ends the stream at once, without more events: the response is not needed. */
  void reset();
}
