// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * What {@link FrameInput} tells a connection: the frames of its peer, whose form is right (RFC 9113
 * §6), in order. Called on the loop.
 */
public interface FrameEvents {
  /**
   * A DATA frame.
   *
   * @param bytes its content, still owned by the caller, good for this call
   * @param padding octets beside it
   */
  void data(int stream, ByteBuf bytes, int padding, boolean last) throws Http2Exception;

  /** A field block is complete; its fields have gone to the reader of fields. */
  void headers(int stream, boolean last) throws Http2Exception;

  /** A RST_STREAM frame. */
  void reset(int stream, long error);

  /** A SETTINGS frame without ACK. */
  void settings(Http2Settings settings) throws Http2Exception;

  /** A SETTINGS frame with ACK. */
  void settingsAcknowledged();

  /** A PING frame without ACK. */
  void ping(long payload);

  /** A PING frame with ACK. */
  void pingAcknowledged(long payload);

  /** A PUSH_PROMISE frame. */
  void pushPromise();

  /** A GOAWAY frame. */
  void goAway(int lastStream, long error);

  /** A WINDOW_UPDATE frame, of the connection if the stream is 0. */
  void windowUpdate(int stream, int increment);

  /** A frame that serves no request: PRIORITY, or of an unknown type. */
  void idleFrame();

  /**
   * Something that costs the connection (RFC 9113 §5.4.1); nothing more is read.
   *
   * @param why a constant, or a text of the reader of frames
   */
  void connectionError(int error, String why);

  /** The same that costs one stream (RFC 9113 §5.4.2). */
  void streamError(int stream, int error, String why);
}
