// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import dev.rsp.net.ReadSize;
import dev.rsp.net.TurnFlusher;
import dev.rsp.net.WriteBatch;
import dev.rsp.net.tls.EarlyRecords;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2HeadersEncoder.SensitivityDetector;
import io.netty.util.AsciiString;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the frames of one connection (RFC 9113 §6), which leave at the end of the loop's turn. It
 * does not look at windows: who calls {@link #data} has.
 */
public final class FrameOutput {
  /**
   * RFC 9113 §4.2: each peer takes frames with so many octets behind their heads. Larger ones would
   * hold up other streams.
   */
  private static final int MOST_FRAME_BYTES = 16_384;

  /** RFC 9113 §4.1. */
  public static final int FRAME_HEAD_BYTES = 9;

  /**
   * Of much content, each frame has so much: with its head it is what one TLS record holds (RFC
   * 8446 §5.1). With more, the TLS handler would cut and join all frames behind the first.
   */
  private static final int BEST_CONTENT_BYTES = MOST_FRAME_BYTES - FRAME_HEAD_BYTES;

  /**
   * A connection is flushed when so much was written, or at the end of the turn. A client that
   * takes large reads gets as much as one of those at a time. Measured with bodies of 1 MiB over
   * TLS, in multiples of the CPU time at 64 KiB: 0.76 at 256 KiB; 1.25 at 32 KiB.
   */
  private static final int LEAST_HELD_BYTES = 64 * 1024;

  private static final AsciiString AUTHORIZATION = AsciiString.cached("authorization");
  private static final AsciiString COOKIE = AsciiString.cached("cookie");

  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;

  /** Most field blocks are smaller. */
  private static final int BLOCK_BYTES = 512;

  /** RFC 9113 §6.5.2: the initial value. The peer must not make rsp hold more. */
  private static final int MOST_TABLE_BYTES = 4_096;

  /** Slots of the hash tables of fields, of which 4 KiB hold some 50; Netty's default is 64. */
  private static final int TABLE_HINT = 32;

  /** What a setting takes: RFC 9113 §6.5.1. */
  private static final int SETTING_BYTES = 6;

  private final Channel channel;
  private final WriteBatch batch;
  private final ByteBufAllocator allocator;

  /** The fields of the block that is written next. */
  private final FieldList list = new FieldList();

  private final DefaultHttp2HeadersEncoder encoder;
  private final Consumer<Throwable> failed;

  /** How much the peer takes at a time. */
  private final ReadSize size;

  /** What makes TLS records of the frames; null if nothing does. */
  private final @Nullable EarlyRecords records;

  /** Whether content is given away with {@link #data}, or may be kept by others. */
  private final boolean contentIsOurs;

  private long written;

  /** Whether a frame was written in part: the peer would take the next ones for its rest. */
  private boolean broken;

  private FrameOutput(
      Channel channel,
      TurnFlusher flusher,
      ByteBufAllocator allocator,
      ReadSize size,
      Consumer<Throwable> failed,
      SensitivityDetector sensitive,
      boolean contentIsOurs) {
    this.channel = channel;
    this.contentIsOurs = contentIsOurs;
    this.size = size;
    this.batch = new WriteBatch(channel, flusher, allocator, this::mostHeldBytes, failed);
    this.allocator = allocator;
    this.failed = failed;
    this.encoder = new DefaultHttp2HeadersEncoder(sensitive, true, TABLE_HINT);
    this.records = EarlyRecords.of(channel);
  }

  /**
   * The output of a connection of a client.
   *
   * @param size of reads for the client
   * @param failed takes, later in the turn, what a write has thrown: nothing more leaves, and the
   *     connection must end
   */
  public static FrameOutput toClient(
      Channel channel,
      TurnFlusher flusher,
      ByteBufAllocator allocator,
      ReadSize size,
      Consumer<Throwable> failed) {
    return new FrameOutput(
        channel, flusher, allocator, size, failed, Http2HeadersEncoder.NEVER_SENSITIVE, true);
  }

  /**
   * The output of a connection to a server, which the requests of many clients share: credentials
   * stay out of its table of fields, so that no client can guess those of another by the sizes of
   * frames (RFC 7541 §7.1.3).
   *
   * @param failed as of {@link #toClient}
   */
  public static FrameOutput toServer(
      Channel channel,
      TurnFlusher flusher,
      ByteBufAllocator allocator,
      Consumer<Throwable> failed) {
    return new FrameOutput(
        channel,
        flusher,
        allocator,
        new ReadSize(), // which hears of no stalls: while a server stalls, nothing is written to it
        failed,
        (name, value) -> AUTHORIZATION.contentEquals(name) || COOKIE.contentEquals(name),
        false);
  }

  private int mostHeldBytes() {
    return Math.max(LEAST_HELD_BYTES, size.mostBytes(taken()));
  }

  /** Octets that the peer has taken since the connection was opened. */
  public long taken() {
    return written - unsent();
  }

  /** Octets that the kernel has not taken yet. */
  public long unsent() {
    return batch.unsentBytes();
  }

  /** Whether the socket takes more for now. */
  public boolean writable() {
    return channel.isWritable();
  }

  /**
   * The peer's decoder takes this table of fields from now on, of which no more is used than this.
   */
  public void tableSize(long bytes) throws Http2Exception {
    encoder.maxHeaderTableSize(Math.min(bytes, MOST_TABLE_BYTES));
  }

  /** Gives the channel all frames that were written, so that it can be closed behind them. */
  public void flush() {
    batch.write();
  }

  /** The channel is closed. */
  public void close() {
    batch.release();
    encoder.close();
  }

  /** Our settings: pairs of numbers and values (RFC 9113 §6.5.2). */
  public void settings(int... pairs) {
    ByteBuf frame = frame(pairs.length / 2 * SETTING_BYTES, Http2FrameTypes.SETTINGS, 0, 0);
    for (int at = 0; at < pairs.length; at += 2) {
      frame.writeShort(pairs[at]).writeInt(pairs[at + 1]);
    }
    send(frame);
  }

  /** Says that the peer's settings hold (RFC 9113 §6.5.3). */
  public void settingsAck() {
    send(frame(0, Http2FrameTypes.SETTINGS, ACK, 0));
  }

  /** A PING frame (RFC 9113 §6.7). */
  public void ping(long payload, boolean ack) {
    send(frame(Long.BYTES, Http2FrameTypes.PING, ack ? ACK : 0, 0).writeLong(payload));
  }

  /** A GOAWAY frame (RFC 9113 §6.8); the error is of {@link ErrorCode}. */
  public void goAway(int lastStream, int error) {
    ByteBuf frame = frame(2 * Integer.BYTES, Http2FrameTypes.GO_AWAY, 0, 0);
    send(frame.writeInt(lastStream).writeInt(error));
  }

  /** A RST_STREAM frame (RFC 9113 §6.4). */
  public void reset(int stream, int error) {
    send(frame(Integer.BYTES, Http2FrameTypes.RST_STREAM, 0, stream).writeInt(error));
  }

  /** A WINDOW_UPDATE frame (RFC 9113 §6.9), of the connection if the stream is 0. */
  public void windowUpdate(int stream, int increment) {
    send(frame(Integer.BYTES, Http2FrameTypes.WINDOW_UPDATE, 0, stream).writeInt(increment));
  }

  /** Begins a field block: {@link #field} and {@link #headers} follow. */
  public void startBlock() {
    list.clear();
  }

  /** Adds a field to the block. Name and value do not change afterwards. */
  public void field(AsciiString name, AsciiString value) {
    list.append(name, value);
  }

  /**
   * Writes the field block.
   *
   * @param last whether the stream's content is complete with it
   * @return octets written
   */
  public int headers(int stream, boolean last) {
    ByteBuf block = allocator.directBuffer(BLOCK_BYTES).writeZero(FRAME_HEAD_BYTES);
    boolean done = false;
    try {
      encoder.encodeHeaders(stream, list, block);
      done = true;
    } catch (Http2Exception e) {
      throw new IllegalStateException(e); // the encoder has no limit of its own
    } catch (Throwable e) {
      breakOff(e); // RFC 7541 §2.2: its table may have fields that the peer's does not get
      throw e;
    } finally {
      list.clear();
      if (!done) {
        block.release();
      }
    }
    int octets = block.readableBytes() - FRAME_HEAD_BYTES;
    int end = last ? END_STREAM : 0;
    if (octets <= MOST_FRAME_BYTES) {
      setHead(block, octets, Http2FrameTypes.HEADERS, END_HEADERS | end, stream);
      send(block);
      return FRAME_HEAD_BYTES + octets;
    }
    block.skipBytes(FRAME_HEAD_BYTES);
    return fragments(stream, block, end);
  }

  /** RFC 9113 §6.10: a block that does not fit one frame goes on in CONTINUATION frames. */
  private int fragments(int stream, ByteBuf block, int flags) {
    int frames = 0;
    int octets = block.readableBytes();
    try {
      while (block.isReadable()) {
        int size = Math.min(block.readableBytes(), MOST_FRAME_BYTES);
        byte type = frames == 0 ? Http2FrameTypes.HEADERS : Http2FrameTypes.CONTINUATION;
        int ends = size == block.readableBytes() ? END_HEADERS : 0;
        send(frame(size, type, (frames == 0 ? flags : 0) | ends, stream).writeBytes(block, size));
        frames++;
      }
    } finally {
      block.release();
    }
    return octets + frames * FRAME_HEAD_BYTES;
  }

  /** How much of this content the next frame should have, if the windows admit it. */
  static int frameBytes(int content) {
    return content <= MOST_FRAME_BYTES ? content : BEST_CONTENT_BYTES;
  }

  /**
   * Content.
   *
   * @param bytes at most {@value #MOST_FRAME_BYTES}; taken over
   * @param ownsFront whether what lies before its reader index may be overwritten
   */
  public void data(int stream, ByteBuf bytes, boolean ownsFront, boolean last) {
    int octets = bytes.readableBytes();
    int flags = last ? END_STREAM : 0;
    if (ownsFront && bytes.readerIndex() >= FRAME_HEAD_BYTES) {
      bytes.readerIndex(bytes.readerIndex() - FRAME_HEAD_BYTES);
      setHead(bytes, octets, Http2FrameTypes.DATA, flags, stream);
      send(bytes);
      return;
    }
    // The TLS handler would join a head and its content too, and grow a buffer for it.
    if (records != null || octets == 0) {
      try {
        send(frame(octets, Http2FrameTypes.DATA, flags, stream).writeBytes(bytes));
      } finally {
        bytes.release();
      }
      return;
    }
    try {
      ByteBuf head = allocator.directBuffer(FRAME_HEAD_BYTES).writeZero(FRAME_HEAD_BYTES);
      setHead(head, octets, Http2FrameTypes.DATA, flags, stream);
      send(head);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    send(bytes);
  }

  /**
   * Whether the memory of content that was written may be overwritten: it is encrypted, and nobody
   * sends it again. Requests may be sent again, on another connection (RFC 9113 §8.7).
   *
   * @param written what {@link #data} was given last of this memory
   */
  boolean isFree(ByteBuf written) {
    if (!contentIsOurs || records == null || broken) {
      return false;
    }
    if (written.refCnt() > 0) {
      try {
        records.encrypt(channel);
      } catch (Throwable e) {
        breakOff(e);
      }
    }
    return written.refCnt() == 0;
  }

  private ByteBuf frame(int octets, byte type, int flags, int stream) {
    ByteBuf frame = allocator.directBuffer(FRAME_HEAD_BYTES + octets).writeZero(FRAME_HEAD_BYTES);
    setHead(frame, octets, type, flags, stream);
    return frame;
  }

  private static void setHead(ByteBuf frame, int octets, byte type, int flags, int stream) {
    int at = frame.readerIndex();
    frame.setMedium(at, octets);
    frame.setByte(at + 3, type);
    frame.setByte(at + 4, flags);
    frame.setInt(at + 5, stream);
  }

  private void send(ByteBuf bytes) {
    if (broken) {
      bytes.release();
      return;
    }
    written += bytes.readableBytes();
    try {
      batch.send(bytes);
    } catch (Throwable e) {
      breakOff(e);
      throw e;
    }
  }

  /** Not at once: the stream that writes is still at work. */
  private void breakOff(Throwable cause) {
    broken = true;
    channel.eventLoop().execute(() -> failed.accept(cause));
  }
}
