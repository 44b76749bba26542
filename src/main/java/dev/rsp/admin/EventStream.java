// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells those who watch what changes, as server-sent events: the slots each second, and reloads.
 * What is sent is made once for all, and only while somebody watches. Confined to one event loop.
 */
final class EventStream {
  private static final Logger log = LoggerFactory.getLogger(EventStream.class);

  /** Browsers in which the page is open. */
  private static final int MOST_WATCHERS = 32;

  private static final int EVERY_SECONDS = 1;

  /** Proxies close connections on which nothing is sent; here, each second something is. */
  private static final int COMMENT_EVERY = 15;

  /** A watcher that takes nothing for so many seconds is gone. */
  private static final int MOST_MISSED = 30;

  private final Operations operations;
  private final Executor workers;

  /** For each watcher, how many events in a row it could not take. */
  private final Map<Channel, Integer> watchers = new HashMap<>();

  private boolean running;
  private int ticks;
  private long reloadsSeen;

  EventStream(Operations operations, Executor workers) {
    this.operations = operations;
    this.workers = workers;
  }

  /** Answers with the stream; false if too many watch. */
  boolean start(ChannelHandlerContext ctx, HttpVersion version) {
    if (watchers.size() >= MOST_WATCHERS) {
      return false;
    }
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    response.headers().set("x-content-type-options", "nosniff");
    if (version.equals(HttpVersion.HTTP_1_1)) {
      HttpUtil.setTransferEncodingChunked(response, true);
    } else {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    Channel channel = ctx.channel();
    channel.writeAndFlush(response);
    watchers.put(channel, 0);
    channel.closeFuture().addListener(closed -> watchers.remove(channel));
    if (!running) {
      running = true;
      skipReloads();
      tick(ctx);
    }
    return true;
  }

  private synchronized void skipReloads() {
    reloadsSeen = operations.reloads();
  }

  private void tick(ChannelHandlerContext ctx) {
    if (watchers.isEmpty()) {
      running = false;
      return;
    }
    try {
      workers.execute(
          () -> {
            String text = text();
            ctx.executor().execute(() -> send(text));
          });
    } catch (RejectedExecutionException e) {
      log.debug("too many commands at once; the next event may be sent", e);
    }
    ctx.executor().schedule(() -> tick(ctx), EVERY_SECONDS, TimeUnit.SECONDS);
  }

  /** On a worker, one at a time. */
  private synchronized String text() {
    var text = new StringBuilder();
    try {
      ApiReply slots = operations.routes().answer("GET", "/api/slots", new byte[0], "events");
      if (slots.status() == 200) {
        text.append("event: slots\ndata: ").append(Json.of(slots.values())).append("\n\n");
      }
      long reloads = operations.reloads();
      for (Map<String, ?> reload : operations.reloadsSince(reloadsSeen)) {
        text.append("event: reload\ndata: ").append(Json.of(reload)).append("\n\n");
      }
      reloadsSeen = reloads;
    } catch (RuntimeException | Error e) {
      log.error("an event failed", e); // the next one may not
    }
    return text.append(ticks++ % COMMENT_EVERY == 0 ? ":\n\n" : "").toString();
  }

  private void send(String text) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    // A copy, because one that is closed is removed.
    for (Map.Entry<Channel, Integer> watcher : List.copyOf(watchers.entrySet())) {
      Channel channel = watcher.getKey();
      if (channel.isWritable()) {
        watcher.setValue(0);
        channel.writeAndFlush(new DefaultHttpContent(bytes.retainedDuplicate()));
      } else if (watcher.setValue(watcher.getValue() + 1) >= MOST_MISSED) {
        channel.close();
      }
    }
    bytes.release();
  }
}
