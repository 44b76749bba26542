// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import dev.rsp.Eventually;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket server that sends each frame back, made of Netty's own codec. */
final class EchoServer implements AutoCloseable {
  private static final int MAX_FRAME = 8 * 1024 * 1024;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup sockets = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final BlockingQueue<String> closes = new LinkedBlockingQueue<>();
  private final Channel listener;

  EchoServer() {
    listener =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    setUp(channel);
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
  }

  private void setUp(Channel channel) {
    sockets.add(channel);
    channel
        .pipeline()
        .addLast(
            new HttpServerCodec(),
            new HttpObjectAggregator(65536),
            new WebSocketServerProtocolHandler(
                WebSocketServerProtocolConfig.newBuilder()
                    .websocketPath("/chat?room=1")
                    .maxFramePayloadLength(MAX_FRAME)
                    .handleCloseFrames(false)
                    .build()),
            new SimpleChannelInboundHandler<WebSocketFrame>() {
              @Override
              protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
                if (frame instanceof CloseWebSocketFrame close) {
                  closes.add(close.statusCode() + " " + close.reasonText());
                }
                ctx.writeAndFlush(frame.retain());
              }
            });
  }

  int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** The code and the reason of the next close that a client asks for. */
  String awaitClose() throws InterruptedException {
    String next = closes.poll(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return next == null ? "none" : next;
  }

  /** Sends a close frame "going away" to all clients, and closes. */
  void goAway() {
    sockets.writeAndFlush(new CloseWebSocketFrame(1001, "away")).awaitUninterruptibly();
    sockets.close().awaitUninterruptibly();
  }

  @Override
  public void close() {
    // Closes the sockets, too.
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
