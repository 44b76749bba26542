// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link BackendStream} reports to its exchange: the connect, what the backend takes, and
 * what it answers. Called on the loop.
 */
public interface BackendEvents {
  // Connecting -----------------------------------------------------------------------------------

  /**
   * A connection is being opened, and none of the request can be sent yet.
   *
   * @param opened its stream; null if one cannot be opened yet
   */
  void connecting(@Nullable BackendStream opened);

  /** The backend accepted the connection. */
  void connected(BackendStream stream);

  /** No connection could be made. */
  void connectFailed(ConnectFailure failure);

  /** The connection only seemed to be open: nothing was sent. */
  void connectMisled();

  // The request ----------------------------------------------------------------------------------

  /** The backend takes no more of the request for now. */
  void backendFull();

  /** The backend takes more of the request. */
  void backendWritable();

  // The response ---------------------------------------------------------------------------------

  /** The response has begun: the request will not be sent again. */
  void responseBegins();

  /** The maximal size of the next read of the response, in bytes. */
  int mostResponseReadBytes();

  /** Whether the body of the response can be passed on as {@link BodyKind#CHUNKED}. */
  boolean takesChunks();

  /** Passes an interim response on; false if the exchange ended because there were too many. */
  boolean interim(ResponseHead head);

  /**
   * Passes the final head on.
   *
   * @param body the first bytes of the body, perhaps none; taken over
   * @param last whether the response is complete with them; then the stream has ended
   */
  void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last);

  /**
   * Passes more of the body on, and takes over the buffer.
   *
   * @param last as of {@link #respond}
   */
  void responseBody(ByteBuf bytes, boolean last);

  /** Passes on the fields behind the content. The end follows, by {@link #responseBody}. */
  void trailers(Trailers fields);

  /** The response is invalid, or not to this request. Resets the stream. */
  void malformed(Refusal refusal);

  /** The backend does not take such a request over its protocol. Resets the stream. */
  void unfit(Refusal refusal);

  /** The body is malformed, after the head was passed on. The stream has ended. */
  void malformedBody(Refusal refusal);

  /**
   * The stream has ended before its response.
   *
   * @param reused whether its connection had carried a request before
   * @param begun whether any byte of a response had come
   * @param headPassed whether the client already has the head of the response
   */
  void lost(boolean reused, boolean begun, boolean headPassed);

  /**
   * The stream has ended, and the backend has surely not processed the request (RFC 9113 §8.7): any
   * request may be sent again.
   */
  void refused();

  /** An unexpected exception: ends the exchange, and the client's connection. */
  void fail();

  // Tunnels --------------------------------------------------------------------------------------

  /**
   * The backend answered 101, and bytes pass unchanged from now on.
   *
   * @param passed whether the client's offer was passed on
   * @param bytes what followed its head; taken over
   */
  void switchProtocols(ResponseHead head, boolean passed, ByteBuf bytes);

  /** Passes on bytes of the backend's half of a tunnel, which are taken over. */
  void backendTunnelBytes(ByteBuf bytes);

  /** The backend has ended its half of a tunnel. */
  void backendHalfClosed();

  /** The connection of a tunnel is closed. */
  void tunnelClosed();
}
