// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.AsciiString;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one connection and tells the connection of each. Netty's reader checks their
 * form (RFC 9113 §4 and §6) and bounds CONTINUATION frames; an incomplete frame is held here.
 */
public final class FrameInput implements Http2FrameListener {
  private final FrameEvents connection;
  private final ByteBufAllocator allocator;
  private final DefaultHttp2FrameReader reader;

  /** Part of a frame. */
  private @Nullable ByteBuf held;

  /** Octets of the preface that have come. */
  private int preface;

  private boolean settingsCame;

  /** Whether {@link #read} runs. */
  private boolean reading;

  private boolean closed;

  private FrameInput(
      FrameEvents connection, ByteBufAllocator allocator, FieldBlocks fields, int preface) {
    this.connection = connection;
    this.allocator = allocator;
    this.preface = preface;
    this.reader = new DefaultHttp2FrameReader(fields);
  }

  /**
   * The input from a client, which begins with the preface of RFC 9113 §3.4.
   *
   * @param start is told the limit of the list when a field block begins
   * @param fields gets each field, in order
   * @param mostListBytes how large a list may be, by the measure of RFC 9113 §6.5.2
   */
  public static FrameInput ofClient(
      FrameEvents connection,
      ByteBufAllocator allocator,
      LongConsumer start,
      BiConsumer<AsciiString, AsciiString> fields,
      long mostListBytes) {
    FieldBlocks blocks = new FieldBlocks(start, fields, mostListBytes);
    return new FrameInput(connection, allocator, blocks, 0);
  }

  /** The input from a server, which begins with SETTINGS; as {@link #ofClient} otherwise. */
  public static FrameInput ofServer(
      FrameEvents connection,
      ByteBufAllocator allocator,
      LongConsumer start,
      BiConsumer<AsciiString, AsciiString> fields,
      long mostListBytes) {
    FieldBlocks blocks = new FieldBlocks(start, fields, mostListBytes);
    return new FrameInput(connection, allocator, blocks, Preface.LENGTH);
  }

  /** The capacity of what is held. */
  public int heldBytes() {
    return held == null ? 0 : held.capacity();
  }

  /** Reads the frames in the bytes, which are taken over. */
  public void read(ChannelHandlerContext ctx, ByteBuf bytes) {
    ByteBuf in = bytes;
    try {
      in = joined(bytes);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    held = null;
    reading = true;
    try {
      readFrames(ctx, in);
      if (in.isReadable() && !closed) {
        keep(in);
      }
    } finally {
      reading = false;
      in.release();
      if (closed) {
        reader.close();
      }
    }
  }

  /** What is held, with the bytes behind it, in one buffer. */
  private ByteBuf joined(ByteBuf bytes) {
    ByteBuf before = held;
    if (before == null) {
      return bytes;
    }
    before.writeBytes(bytes);
    bytes.release();
    return before;
  }

  private void keep(ByteBuf rest) {
    // A frame that began behind others is short; a large one comes in large reads.
    held = allocator.directBuffer(Math.max(256, 2 * rest.readableBytes())).writeBytes(rest);
  }

  private void readFrames(ChannelHandlerContext ctx, ByteBuf in) {
    while (preface < Preface.LENGTH && in.isReadable()) {
      if (in.readByte() != Preface.at(preface++)) {
        connection.connectionError(ErrorCode.PROTOCOL_ERROR, "not the preface of HTTP/2");
        return;
      }
    }
    while (in.isReadable() && !closed) {
      int before = in.readerIndex();
      try {
        reader.readFrame(ctx, in, this);
      } catch (Http2Exception.StreamException e) {
        connection.streamError(
            e.streamId(), (int) e.error().code(), String.valueOf(e.getMessage()));
      } catch (Http2Exception e) {
        connection.connectionError((int) e.error().code(), String.valueOf(e.getMessage()));
        return;
      }
      if (in.readerIndex() == before) {
        return;
      }
    }
  }

  /** Reads no more, and releases what is held. */
  public void close() {
    closed = true;
    ByteBuf rest = held;
    held = null;
    if (rest != null) {
      rest.release();
    }
    if (!reading) {
      reader.close();
    }
  }

  /** RFC 9113 §3.4: the first frame is SETTINGS. */
  private void begun() throws Http2Exception {
    if (!settingsCame) {
      throw Http2Exception.connectionError(
          Http2Error.PROTOCOL_ERROR, "the first frame is no SETTINGS");
    }
  }

  // Frames ---------------------------------------------------------------------------------------

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean last)
      throws Http2Exception {
    begun();
    connection.data(stream, data, padding, last);
    return 0;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean last)
      throws Http2Exception {
    begun();
    connection.headers(stream, last);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int stream,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean last)
      throws Http2Exception {
    begun();
    connection.headers(stream, last);
  }

  /** RFC 9113 §5.3.2: priorities are not used. */
  @Override
  public void onPriorityRead(
      ChannelHandlerContext ctx, int stream, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    begun();
    connection.idleFrame();
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long error)
      throws Http2Exception {
    begun();
    connection.reset(stream, error);
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
    begun();
    connection.settingsAcknowledged();
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings)
      throws Http2Exception {
    settingsCame = true;
    connection.settings(settings);
  }

  @Override
  public void onPingRead(ChannelHandlerContext ctx, long payload) throws Http2Exception {
    begun();
    connection.ping(payload);
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long payload) throws Http2Exception {
    begun();
    connection.pingAcknowledged(payload);
  }

  @Override
  public void onPushPromiseRead(
      ChannelHandlerContext ctx, int stream, int promised, Http2Headers headers, int padding)
      throws Http2Exception {
    begun();
    connection.pushPromise();
  }

  @Override
  public void onGoAwayRead(ChannelHandlerContext ctx, int last, long error, ByteBuf text)
      throws Http2Exception {
    begun();
    connection.goAway(last, error);
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext ctx, int stream, int increment)
      throws Http2Exception {
    begun();
    connection.windowUpdate(stream, increment);
  }

  /** RFC 9113 §5.5: frames of unknown types are ignored. */
  @Override
  public void onUnknownFrame(
      ChannelHandlerContext ctx, byte type, int stream, Http2Flags flags, ByteBuf payload)
      throws Http2Exception {
    begun();
    connection.idleFrame();
  }
}
