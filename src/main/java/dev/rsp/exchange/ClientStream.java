// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import io.netty.buffer.ByteBuf;

/**
 * The client's side of an exchange, whatever the protocol of the client: one request, and its
 * response. A connection may carry many at a time.
 *
 * <p>All methods run on the connection's event loop. The stream begins the exchange with {@link
 * Exchange#begin}, and then reports what the client sends and whether it takes the response.
 */
public interface ClientStream {
  /** Whether a body can be passed on as {@link BodyKind#CHUNKED}. */
  boolean takesChunks();

  /** Whether interim responses can be passed on. */
  boolean takesInterim();

  /** The backend says that it still works on its response (102, 103). */
  void backendProgresses();

  /** Passes on an interim response (RFC 9110 §15.2). */
  void interim(ResponseHead head);

  /**
   * Passes on the head of the final response.
   *
   * @param body the first bytes of the body, perhaps none; taken over. What lies before its reader
   *     index may be overwritten
   * @param last whether the body is complete with them
   */
  void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last);

  /** Passes on more of the body, or of a tunnel, and takes over the buffer. */
  void body(ByteBuf bytes, boolean last);

  /** Passes on the fields behind the body, if it can. The end follows, by {@link #body}. */
  void trailers(Trailers fields);

  /** Passes on a 101 and the bytes after it; from now on bytes pass both ways unchanged. */
  void startTunnel(ResponseHead head, ByteBuf bytes);

  /** Sends rsp's own response, which ends the exchange. Only before a final response. */
  void refuse(Refusal refusal, Ending ending);

  /**
   * Ends a response that cannot be finished, and the exchange, so that the client sees that it is
   * not complete.
   */
  void cut(Ending ending);

  /**
   * Ends the connection at once, and its exchanges as failed, after an unexpected exception: what
   * was passed on is unknown. The caller has logged it.
   */
  void fail();

  /** The backend has ended its side of a tunnel. */
  void tunnelHalfClosed();

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed();

  /** Whether more may be passed on for now; if not, {@link Exchange#clientWritable()} follows. */
  boolean writable();

  /** The maximal size of the next read of what is to be passed on, in bytes. */
  int mostReadBytes();

  /** Pauses or resumes reading of the request. */
  void setReading(boolean reading);

  /** Waits for the rest of the request again, or for 100 (Continue) if the client does. */
  void awaitBody();

  /** The request is complete: the backend's response is awaited from now on. */
  void awaitResponse();
}
