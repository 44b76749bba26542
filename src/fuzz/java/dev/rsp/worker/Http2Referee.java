// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the proxy writes to a client of HTTP/2, and takes nothing doubtful: frames that are
 * malformed, that come for a stream of no request or behind its end, that are beyond a window, or
 * whose content is not as long as was said (RFC 9113).
 */
final class Http2Referee extends Http2FrameAdapter {
  private static final ChannelHandlerContext CONTEXT =
      new EmbeddedChannel(new ChannelInboundHandlerAdapter()).pipeline().firstContext();

  /** RFC 9113 §6.9.2. */
  private static final int FIRST_WINDOW_BYTES = 65_535;

  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]+");
  private static final Pattern VALUE =
      Pattern.compile("|[!-~\\x80-\\xff]([\\t -~\\x80-\\xff]*[!-~\\x80-\\xff])?");

  /** RFC 9113 §8.2.2. */
  private static final Set<String> OF_CONNECTIONS =
      Set.of("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade");

  private enum State {
    OPEN,
    ANSWERED,
    ENDED,
    RESET
  }

  private static final class Stream {
    private final boolean hasContent;
    private State state = State.OPEN;
    private long length = -1;
    private long came;
    private long window;

    Stream(boolean hasContent, long window) {
      this.hasContent = hasContent;
      this.window = window;
    }
  }

  private final DefaultHttp2FrameReader reader =
      new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(false, false, 1 << 20));
  private final ByteBuf in = Unpooled.buffer();
  private final Map<Integer, Stream> streams = new HashMap<>();
  private final Set<Integer> touched = new HashSet<>();
  private long window = FIRST_WINDOW_BYTES;
  private long firstWindow = FIRST_WINDOW_BYTES;
  private boolean blind;
  private @Nullable String violation;

  /** The client has sent frames that nobody knows: nothing is judged from now on. */
  void loseSight() {
    blind = true;
  }

  /**
   * The client has asked for something.
   *
   * @param hasContent whether the response has the content that its length announces
   */
  void asked(int stream, boolean hasContent) {
    streams.putIfAbsent(stream, new Stream(hasContent, firstWindow));
  }

  /** The client has sent another frame for a stream: it may be reset, even if it is not open. */
  void touched(int stream) {
    touched.add(stream);
  }

  /** The client has sent a setting. */
  void setting(int id, long value) {
    if (id == 1) {
      try {
        reader.configuration().headersConfiguration().maxHeaderTableSize(value);
      } catch (Http2Exception e) {
        loseSight();
      }
    } else if (id == 4) {
      streams.values().forEach(stream -> stream.window += value - firstWindow);
      firstWindow = value;
    }
  }

  /** The client has opened a window; 0 is that of the connection. */
  void opened(int stream, long octets) {
    if (stream == 0) {
      window += octets;
    } else if (streams.containsKey(stream)) {
      streams.get(stream).window += octets;
    }
  }

  /** This has come from the proxy. */
  void read(String bytes) {
    if (blind) {
      return;
    }
    in.writeBytes(bytes.getBytes(StandardCharsets.ISO_8859_1));
    try {
      reader.readFrame(CONTEXT, in, this);
    } catch (Http2Exception e) {
      found("RFC 9113 §4: " + e.getMessage());
    }
  }

  /** The first thing that the proxy did wrong; null if nothing. */
  @Nullable String violation() {
    return violation;
  }

  private void found(String what) {
    if (violation == null && !blind) {
      violation = what;
    }
  }

  private @Nullable Stream of(int id, String frame) {
    Stream stream = streams.get(id);
    if (stream == null) {
      found("RFC 9113 §5.1: " + frame + " for a stream of no request: " + id);
    }
    return stream;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean last) {
    Stream stream = of(id, "HEADERS");
    if (stream == null) {
      return;
    }
    if (stream.state == State.ANSWERED && last) {
      trailers(id, stream, headers);
      return;
    }
    if (stream.state != State.OPEN) {
      found("RFC 9113 §8.1: HEADERS for stream " + id + ", which is " + stream.state);
    }
    Set<String> once = new HashSet<>();
    String status = "";
    int count = 0;
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      String name = field.getKey().toString();
      String value = field.getValue().toString();
      if (name.equals(":status") && count == 0) {
        status = value;
      } else {
        field(name, value);
      }
      if (name.equals("content-length")) {
        if (!once.add(name)) {
          found("RFC 9110 §8.6: two lengths");
        }
        stream.length = Long.parseLong(value);
      }
      count++;
    }
    if (!status.matches("[1-9][0-9][0-9]") || status.equals("101")) {
      found("RFC 9113 §8.3.2: status " + status);
    }
    boolean interim = status.startsWith("1");
    if (interim && (last || stream.length >= 0)) {
      found("RFC 9113 §8.1: an interim response with an end or a length");
    }
    if (status.equals("304")) {
      stream.length = -1;
    }
    if (!interim) {
      stream.state = State.ANSWERED;
    }
    if (last) {
      end(id, stream);
    }
  }

  private void field(String name, String value) {
    if (!NAME.matcher(name).matches() || OF_CONNECTIONS.contains(name)) {
      found("RFC 9113 §8.2: a field " + name);
    }
    if (!VALUE.matcher(value).matches()) {
      found("RFC 9113 §8.2.1: the value of " + name + ": \"" + value + "\"");
    }
  }

  /** RFC 9110 §6.5.1: no field that frames may come behind the content. */
  private void trailers(int id, Stream stream, Http2Headers headers) {
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      String name = field.getKey().toString();
      field(name, field.getValue().toString());
      if (name.equals("content-length")) {
        found("RFC 9110 §6.5.1: a length behind the content");
      }
    }
    end(id, stream);
  }

  private void end(int id, Stream stream) {
    stream.state = State.ENDED;
    if (stream.hasContent && stream.length >= 0 && stream.came != stream.length) {
      found("RFC 9113 §8.1.1: " + stream.came + " octets of " + stream.length + " on " + id);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean last) {
    int octets = data.readableBytes() + padding;
    Stream stream = of(id, "DATA");
    if (stream == null) {
      return octets;
    }
    if (stream.state != State.ANSWERED) {
      found("RFC 9113 §5.1: DATA for stream " + id + ", which is " + stream.state);
    }
    stream.came += data.readableBytes();
    stream.window -= octets;
    window -= octets;
    if (octets > 0 && (stream.window < 0 || window < 0)) {
      found("RFC 9113 §6.9.1: DATA beyond the window of stream " + id);
    }
    if (!stream.hasContent && octets > 0) {
      found("RFC 9110 §9.3.2: content in the response to HEAD");
    }
    if (last) {
      end(id, stream);
    }
    return octets;
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int id, long error) {
    Stream stream = touched.contains(id) ? streams.get(id) : of(id, "RST_STREAM");
    if (stream == null) {
      return;
    }
    if (stream.state == State.RESET) {
      found("RFC 9113 §5.1: a second RST_STREAM for stream " + id);
    }
    stream.state = State.RESET;
  }
}
