// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.config.ListenOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.AsciiString;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client or a backend that speaks HTTP/2 over an {@link EmbeddedPeer}, frame by frame: also what
 * no real one would send. What comes is one line of text for each frame.
 */
final class Http2Peer {
  static final ListenOptions HTTP2 = ListenOptions.PLAIN.withHttp2();

  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  /** What each connection to a backend begins with. */
  static final List<String> PROXY_GREETING =
      List.of("SETTINGS 2=0 4=262144 6=32768", "WINDOW_UPDATE 0 4128769");

  /** What each connection of a client begins with. */
  static final List<String> GREETING =
      List.of("SETTINGS 3=100 6=32768 8=1", "WINDOW_UPDATE 0 983041", "SETTINGS ACK");

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int PADDED = 8;

  private final @Nullable EmbeddedPeer embedded;
  private final Consumer<byte[]> sender;
  private final Supplier<String> taker;
  private final DefaultHttp2HeadersEncoder encoder =
      new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, true);
  private final DefaultHttp2FrameReader reader =
      new DefaultHttp2FrameReader(new DefaultHttp2HeadersDecoder(false, false, 1 << 20));
  private final List<String> frames = new ArrayList<>();
  private final ByteBuf in = Unpooled.buffer();

  /** Whether the preface of a client is still to come. */
  private boolean awaitsPreface;

  private Http2Peer(
      @Nullable EmbeddedPeer embedded, Consumer<byte[]> sender, Supplier<String> taker) {
    this.embedded = embedded;
    this.sender = sender;
    this.taker = taker;
  }

  /** A client that has greeted the proxy, and has been greeted. */
  static Http2Peer of(EmbeddedRig rig, int... settings) {
    return on(rig.client(HTTP2), settings);
  }

  /** The same on a connection that was accepted. */
  static Http2Peer on(EmbeddedPeer peer, int... settings) {
    Http2Peer client = new Http2Peer(peer, peer::send, peer::take);
    client.send(PREFACE);
    client.settings(settings);
    assertEquals(GREETING.subList(1, 3), client.frames().subList(1, 3));
    client.frame(SETTINGS, 1, 0);
    return client;
  }

  /** A client that has connected only. */
  static Http2Peer silent(EmbeddedRig rig) {
    EmbeddedPeer peer = rig.client(HTTP2);
    return new Http2Peer(peer, peer::send, peer::take);
  }

  /** A backend over a connection that it has accepted; its preface is in what came. */
  static Http2Peer backendOn(EmbeddedPeer peer) {
    Http2Peer backend = new Http2Peer(peer, peer::send, peer::take);
    backend.awaitsPreface = true;
    return backend;
  }

  /** The same, if some has been taken from what came, and the preface follows in the rest. */
  static Http2Peer backendOn(EmbeddedPeer peer, String rest) {
    Http2Peer backend = backendOn(peer);
    backend.in.writeBytes(rest.getBytes(StandardCharsets.ISO_8859_1));
    return backend;
  }

  /** The next backend that is asked for a connection, with the greeting of the proxy. */
  static Http2Peer silentBackend(EmbeddedRig rig) {
    Http2Peer backend = backendOn(rig.backend());
    assertEquals(PROXY_GREETING, backend.frames());
    return backend;
  }

  /** The same, which has greeted the proxy. */
  static Http2Peer backend(EmbeddedRig rig, int... settings) {
    Http2Peer backend = silentBackend(rig);
    backend.settings(settings);
    backend.frame(SETTINGS, 1, 0);
    return backend;
  }

  /** A client on a connection to a {@link Rig}, which has sent its preface and settings. */
  static Http2Peer over(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    Http2Peer client = new Http2Peer(null, bytes -> write(out, bytes), () -> read(in));
    client.send(PREFACE);
    client.settings();
    return client;
  }

  private static void write(OutputStream out, byte[] bytes) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(InputStream in) {
    try {
      byte[] some = new byte[65_536];
      int count = in.read(some);
      return count < 0 ? "" : new String(some, 0, count, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  EmbeddedPeer peer() {
    return Objects.requireNonNull(embedded);
  }

  // What it sends --------------------------------------------------------------------------------

  void send(String octets) {
    sender.accept(octets.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Any frame. */
  void frame(int type, int flags, int stream, byte... payload) {
    sender.accept(bytesOf(type, flags, stream, payload));
  }

  static byte[] bytesOf(int type, int flags, int stream, byte... payload) {
    ByteBuf frame = Unpooled.buffer();
    frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
    return ByteBufUtil.getBytes(frame.writeBytes(payload));
  }

  void frame(int type, int flags, int stream, int payload) {
    frame(type, flags, stream, ByteBufUtil.getBytes(Unpooled.copyInt(payload)));
  }

  void settings(int... pairs) {
    ByteBuf payload = Unpooled.buffer();
    for (int i = 0; i < pairs.length; i += 2) {
      payload.writeShort(pairs[i]).writeInt(pairs[i + 1]);
    }
    frame(SETTINGS, 0, 0, ByteBufUtil.getBytes(payload));
  }

  /** A field block: names and values in turn. */
  byte[] block(String... fields) {
    try {
      Http2Headers headers = new DefaultHttp2Headers(false);
      for (int i = 0; i < fields.length; i += 2) {
        headers.add(ascii(fields[i]), ascii(fields[i + 1]));
      }
      ByteBuf block = Unpooled.buffer();
      encoder.encodeHeaders(1, headers, block);
      return ByteBufUtil.getBytes(block);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }

  private static CharSequence ascii(String text) {
    return new AsciiString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void headers(int stream, boolean last, String... fields) {
    frame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, block(fields));
  }

  /** A whole request. */
  void get(int stream, String host, String path) {
    headers(stream, true, request("GET", host, path));
  }

  /** The head of a request whose content follows. */
  void post(int stream, String host, String... more) {
    List<String> fields = new ArrayList<>(List.of(request("POST", host, "/")));
    fields.addAll(List.of(more));
    headers(stream, false, fields.toArray(String[]::new));
  }

  static String[] request(String method, String host, String path) {
    return new String[] {":method", method, ":scheme", "http", ":authority", host, ":path", path};
  }

  void data(int stream, String content, boolean last) {
    frame(DATA, last ? END_STREAM : 0, stream, content.getBytes(StandardCharsets.ISO_8859_1));
  }

  void reset(int stream) {
    frame(RST_STREAM, 0, stream, 8);
  }

  void windowUpdate(int stream, int octets) {
    frame(WINDOW_UPDATE, 0, stream, octets);
  }

  void ping(long payload, boolean ack) {
    frame(PING, ack ? 1 : 0, 0, ByteBufUtil.getBytes(Unpooled.copyLong(payload)));
  }

  // What comes -----------------------------------------------------------------------------------

  /** The frames that have come since this was last asked. Date fields are left out. */
  List<String> frames() {
    in.writeBytes(taker.get().getBytes(StandardCharsets.ISO_8859_1));
    if (awaitsPreface) {
      awaitsPreface = false;
      assertEquals(
          PREFACE, in.readCharSequence(PREFACE.length(), StandardCharsets.ISO_8859_1).toString());
    }
    try {
      reader.readFrame(new Context().context(), in, new Listener());
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    List<String> taken = List.copyOf(frames);
    frames.clear();
    return taken;
  }

  /** Waits for the next frame that begins so. */
  String await(String start) {
    while (true) {
      for (String frame : frames()) {
        if (frame.startsWith(start)) {
          return frame;
        }
      }
    }
  }

  /** These frames have come, and nothing else. */
  void expect(String... lines) {
    assertEquals(List.of(lines), frames());
  }

  /** Only the allocator of a context is used, by field blocks of more than one frame. */
  private static final class Context {
    ChannelHandlerContext context() {
      return (ChannelHandlerContext)
          Proxy.newProxyInstance(
              Context.class.getClassLoader(),
              new Class<?>[] {ChannelHandlerContext.class},
              (proxy, method, arguments) ->
                  method.getName().equals("alloc") ? UnpooledByteBufAllocator.DEFAULT : null);
    }
  }

  private final class Listener implements Http2FrameListener {
    private void add(String frame) {
      frames.add(frame);
    }

    private String end(boolean last) {
      return last ? " END" : "";
    }

    private String error(long code) {
      return String.valueOf(Http2Error.valueOf(code));
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int stream, ByteBuf data, int padding, boolean last) {
      add("DATA " + stream + " " + data.toString(StandardCharsets.ISO_8859_1) + end(last));
      return 0;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean last) {
      var text = new StringBuilder("HEADERS " + stream);
      headers.forEach(
          field -> {
            if (!field.getKey().toString().equals("date")) {
              text.append(' ').append(field.getKey()).append('=').append(field.getValue());
            }
          });
      add(text + end(last));
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
        boolean last) {
      throw new AssertionError("a priority from the proxy");
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext ctx, int stream, int dependency, short weight, boolean exclusive) {
      throw new AssertionError("a priority from the proxy");
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int stream, long error) {
      add("RST_STREAM " + stream + " " + error(error));
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext ctx) {
      add("SETTINGS ACK");
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
      var text = new StringBuilder("SETTINGS");
      settings.forEach((id, value) -> text.append(' ').append((int) id).append('=').append(value));
      add(text.toString());
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long payload) {
      add("PING " + payload);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long payload) {
      add("PING ACK " + payload);
    }

    @Override
    public void onPushPromiseRead(
        ChannelHandlerContext ctx, int stream, int promised, Http2Headers headers, int padding) {
      throw new AssertionError("a push from the proxy");
    }

    @Override
    public void onGoAwayRead(ChannelHandlerContext ctx, int last, long error, ByteBuf text) {
      add("GOAWAY " + last + " " + error(error));
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext ctx, int stream, int increment) {
      add("WINDOW_UPDATE " + stream + " " + increment);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int stream, Http2Flags flags, ByteBuf payload) {
      throw new AssertionError("a frame of an unknown type from the proxy: " + type);
    }
  }
}
