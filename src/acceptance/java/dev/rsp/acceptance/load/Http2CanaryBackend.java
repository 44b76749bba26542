// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.certs.TestCa;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.io.Closeable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A backend of a {@link Canary} that speaks HTTP/2, on one thread. As those of HTTP/1 it looks for
 * marks of other requests and answers with marks, and it breaks off in the ways of HTTP/2: it
 * resets streams before, in and behind their responses, refuses them, answers before it has read a
 * request, goes away, and breaks connections with all their streams.
 *
 * <p>What rsp sends is judged by Netty's codec.
 */
final class Http2CanaryBackend implements Closeable {
  /** A part of a response has 67 octets. */
  private static final int PARTS = 60;

  /** More than rsp's window for a response, which has 256 KiB. */
  private static final int MANY_PARTS = 5_000;

  /** Errors that say that rsp did not like frames, which are good ones here. */
  private static final List<Http2Error> COMPLAINTS =
      List.of(
          Http2Error.PROTOCOL_ERROR,
          Http2Error.FLOW_CONTROL_ERROR,
          Http2Error.STREAM_CLOSED,
          Http2Error.FRAME_SIZE_ERROR,
          Http2Error.COMPRESSION_ERROR);

  private static final List<Http2Error> RESETS =
      List.of(
          Http2Error.CANCEL,
          Http2Error.INTERNAL_ERROR,
          Http2Error.REFUSED_STREAM,
          Http2Error.NO_ERROR);

  /** Set on a connection that the backend leaves: Netty takes what is in flight then for errors. */
  private static final AttributeKey<Boolean> LEFT = AttributeKey.valueOf("left");

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final AtomicInteger seen = new AtomicInteger();
  private final Marks marks;
  private final Consumer<String> fouls;
  private final Channel listener;

  private Http2CanaryBackend(Marks marks, Consumer<String> fouls, @Nullable SslContext tls) {
    this.marks = marks;
    this.fouls = fouls;
    this.listener =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childHandler(initializer(channel -> accepted(channel, tls)))
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  /**
   * Speaks in the clear, with prior knowledge.
   *
   * @param fouls takes what rsp must not send
   */
  static Http2CanaryBackend inTheClear(Marks marks, Consumer<String> fouls) {
    return new Http2CanaryBackend(marks, fouls, null);
  }

  /** Speaks over TLS with this certificate, to clients that offer h2 by ALPN. */
  static Http2CanaryBackend overTls(Marks marks, Consumer<String> fouls, TestCa.Leaf leaf)
      throws SSLException {
    SslContext tls =
        SslContextBuilder.forServer(leaf.key(), leaf.chain())
            .sslProvider(SslProvider.JDK)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.FATAL_ALERT,
                    SelectedListenerFailureBehavior.FATAL_ALERT,
                    ApplicationProtocolNames.HTTP_2))
            .build();
    return new Http2CanaryBackend(marks, fouls, tls);
  }

  private static ChannelInitializer<Channel> initializer(Consumer<Channel> begin) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        begin.accept(channel);
      }
    };
  }

  private void accepted(Channel channel, @Nullable SslContext tls) {
    ChannelPipeline pipeline = channel.pipeline();
    if (tls != null) {
      pipeline.addLast(tls.newHandler(channel.alloc()));
    }
    pipeline.addLast(
        Http2FrameCodecBuilder.forServer()
            .decoupleCloseAndGoAway(true)
            // Clients that go away reset as many streams as they like.
            .decoderEnforceMaxRstFramesPerWindow(0, 0)
            .encoderEnforceMaxRstFramesPerWindow(0, 0)
            .build(),
        new Http2MultiplexHandler(initializer(stream -> stream.pipeline().addLast(new Request()))),
        new Judge());
  }

  /** The address as a configuration file writes it. */
  String address() {
    return "127.0.0.1:" + ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Requests that came whole. */
  int seen() {
    return seen.get();
  }

  private void judge(Throwable cause) {
    if (cause instanceof Http2Exception) {
      fouls.accept("at a backend of HTTP/2: " + cause);
    }
  }

  private void judge(String frame, long error) {
    if (COMPLAINTS.contains(Http2Error.valueOf(error))) {
      fouls.accept("at a backend of HTTP/2: " + frame + " with " + Http2Error.valueOf(error));
    }
  }

  /** Looks at what is not of one stream. */
  private final class Judge extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      if (frame instanceof Http2GoAwayFrame goAway) {
        judge("GOAWAY", goAway.errorCode());
      }
      ReferenceCountUtil.release(frame);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      if (!context.channel().hasAttr(LEFT)) {
        judge(cause);
      }
    }
  }

  /** One request and its response. */
  private final class Request extends ChannelInboundHandlerAdapter {
    private final StringBuilder text = new StringBuilder();
    private boolean isHead;
    private boolean answered;

    @Override
    public void channelRead(ChannelHandlerContext context, Object frame) {
      try {
        if (frame instanceof Http2HeadersFrame head) {
          isHead |= "HEAD".contentEquals(String.valueOf(head.headers().method()));
          text.append(head.headers()).append('\n');
          came(context, head.isEndStream());
        } else if (frame instanceof Http2DataFrame data) {
          text.append(data.content().toString(StandardCharsets.ISO_8859_1));
          came(context, data.isEndStream());
        }
      } finally {
        ReferenceCountUtil.release(frame);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        judge("RST_STREAM", reset.errorCode());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      judge(cause);
    }

    private void came(ChannelHandlerContext context, boolean last) {
      if (last) {
        seen.incrementAndGet();
      }
      String mark = marks.client(text.toString(), "at a backend of HTTP/2");
      boolean early = !last && ThreadLocalRandom.current().nextInt(40) == 0;
      if (!answered && (last || early)) {
        answered = true;
        answer(context, mark, last);
      }
    }

    private void answer(ChannelHandlerContext context, String mark, boolean whole) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      Channel connection = context.channel().parent();
      switch (random.nextInt(200)) {
        case 0, 1, 2, 3, 4 -> reset(context, random);
        case 5, 6, 7, 8, 9 -> respond(context, new Answer(mark, isHead, random).cut(random));
        case 10 -> {
          connection.config().setOption(ChannelOption.SO_LINGER, 0);
          connection.close();
        }
        case 11 -> {
          connection.attr(LEFT).set(true);
          connection.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
          respond(context, new Answer(mark, isHead, random));
        }
        case 12, 13, 14, 15 -> {
          Http2Headers hints = new DefaultHttp2Headers().status("103").add("x-client", mark);
          context.write(new DefaultHttp2HeadersFrame(hints));
          respond(context, new Answer(mark, isHead, random));
        }
        default -> respond(context, new Answer(mark, isHead, random));
      }
      if (!whole) {
        text.setLength(0); // the rest of the request is looked at alone
      }
    }

    private void reset(ChannelHandlerContext context, ThreadLocalRandom random) {
      Http2Error error = RESETS.get(random.nextInt(RESETS.size()));
      context.writeAndFlush(new DefaultHttp2ResetFrame(error));
    }

    /** Sends it; behind its end the rest of the request is not needed (RFC 9113 §8.1). */
    private void respond(ChannelHandlerContext context, Answer answer) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      ChannelFuture sent =
          context.write(
              new DefaultHttp2HeadersFrame(
                  answer.head, answer.content.isEmpty() && answer.ends && !answer.hasTrailers));
      if (!answer.content.isEmpty()) {
        int at = random.nextInt(answer.content.length());
        context.write(data(answer.content.substring(0, at), false));
        sent =
            context.write(data(answer.content.substring(at), answer.ends && !answer.hasTrailers));
      }
      if (answer.hasTrailers && answer.ends) {
        Http2Headers trailers = new DefaultHttp2Headers().add("x-trailer", answer.mark);
        sent = context.write(new DefaultHttp2HeadersFrame(trailers, true));
      }
      context.flush();
      if (!answer.ends) {
        sent.addListener(written -> reset(context, random));
      } else if (random.nextInt(4) == 0) {
        sent.addListener(
            written -> context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR)));
      }
    }

    private DefaultHttp2DataFrame data(String content, boolean last) {
      return new DefaultHttp2DataFrame(ByteBufUtil.writeAscii(listener.alloc(), content), last);
    }
  }

  /** A response with marks in all its parts. */
  private static final class Answer {
    final Http2Headers head = new DefaultHttp2Headers().status("200");
    final String mark;
    final boolean hasTrailers;
    String content;
    boolean ends = true;

    Answer(String mark, boolean isHead, ThreadLocalRandom random) {
      this.mark = mark;
      this.hasTrailers = !isHead && random.nextInt(4) == 0;
      String own = Marks.ofBackend();
      String part = mark + own + "\n";
      int parts = random.nextInt(100) == 0 ? MANY_PARTS : random.nextInt(PARTS);
      content = isHead ? "" : part.repeat(parts);
      head.add("x-client", mark).add("x-backend", own);
      if (random.nextBoolean()) {
        head.addInt("content-length", part.length() * parts);
      }
    }

    /** Only a part of it is sent. */
    Answer cut(ThreadLocalRandom random) {
      content = content.substring(0, random.nextInt(content.length() + 1));
      ends = false;
      return this;
    }
  }

  @Override
  public void close() {
    listener.close().syncUninterruptibly();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
