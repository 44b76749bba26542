// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;

/**
 * The client's side of an exchange, as the exchange and the backend's side see it: they do not know
 * by which protocol a request came. All methods run on the connection's event loop.
 */
interface ClientStream {
  /** How the body of a response is delimited by the backend. */
  enum BodyKind {
    /** There is none, or its length is known from the head. */
    LENGTH,
    /** In chunks, which are passed as they are if {@link #takesChunks()}. */
    CHUNKED,
    /** By the end of the backend's connection. */
    UNTIL_CLOSE
  }

  /** Whether chunks of the backend can be passed on as they are. */
  boolean takesChunks();

  /** Whether interim responses can be passed on. */
  boolean takesInterim();

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

  /** Passes on more of the body, and takes over the buffer. */
  void body(ByteBuf bytes, boolean last);

  /** Passes on a 101 and what followed it; from here on bytes pass both ways as they are. */
  void startTunnel(ResponseHead head, ByteBuf bytes);

  /** Answers itself, which ends the exchange. Only while no final response was passed on. */
  void refuse(Refusal refusal, Ending ending);

  /**
   * Ends a response that cannot be finished, and the exchange with it, so that the client sees that
   * it is not whole.
   */
  void cut(Ending ending);

  /**
   * Ends the connection at once, and the exchange as one that failed: something threw that no code
   * expected, so that nothing is known of what was passed on. Who calls this has logged it.
   */
  void fail();

  /** The backend has ended its side of a tunnel. */
  void tunnelHalfClosed();

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed();

  /** Whether more may be passed on for now. {@link Exchange#clientWritable()} says when again. */
  boolean writable();

  /** How large the next read of what is to be passed on may be, in bytes. */
  int mostReadBytes();

  /** Reads no more of the request for now, or goes on. */
  void setReading(boolean reading);

  /**
   * The rest of the request is awaited, after something else was; or still the word for it, if the
   * client waits for that.
   */
  void awaitBody();

  /** The request has gone out whole: from now on the backend's answer is awaited. */
  void awaitResponse();
}
