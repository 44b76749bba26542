// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.metrics.Figures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of one connection to the control socket. */
final class ControlHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(ControlHandler.class);

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String API = "/api/";

  private static final String JSON = "application/json";

  /** What is answered at each path. */
  private static final Map<String, Function<Operations, Answer>> READS =
      Map.of(
          "/healthz",
          daemon -> daemon.isAlive() ? Answer.ok("ok") : Answer.of(503, "a loop does not respond"),
          "/readyz",
          daemon -> daemon.isServing() ? Answer.ok("ok") : Answer.of(503, "stopping"),
          "/status",
          daemon -> Answer.ok(String.join("\n", daemon.status())),
          "/status.json",
          daemon -> Answer.json(200, daemon.values()),
          "/api/openapi.json",
          daemon -> new Answer(200, JSON, Unpooled.wrappedBuffer(openApi())),
          "/config",
          daemon -> new Answer(200, TEXT, Unpooled.wrappedBuffer(daemon.configuration())));

  private final Operations operations;
  private final Executor workers;

  /** Who is connected, for the log. */
  private final String peer;

  /** A status, a media type and a body. */
  private record Answer(int status, String type, ByteBuf body) {
    static Answer ok(String text) {
      return of(200, text);
    }

    static Answer json(int status, Map<String, @Nullable Object> values) {
      return new Answer(status, JSON, utf8(Json.of(values) + "\n"));
    }

    static Answer of(int status, String text) {
      return new Answer(status, TEXT, utf8(text + "\n"));
    }
  }

  /**
   * A handler of one connection.
   *
   * @param workers run what may block
   */
  ControlHandler(Operations operations, Executor workers, String peer) {
    this.operations = operations;
    this.workers = workers;
    this.peer = peer;
  }

  private static ByteBuf utf8(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    HttpMethod method = request.method();
    String path = new QueryStringDecoder(request.uri()).rawPath();
    byte[] body = ByteBufUtil.getBytes(request.content());
    String uri = request.uri();
    String accept = request.headers().get(HttpHeaderNames.ACCEPT);
    boolean malformed = request.decoderResult().isFailure();
    try {
      workers.execute(
          () -> {
            Answer answer =
                malformed ? Answer.of(400, "malformed") : answer(method, uri, path, accept, body);
            ctx.executor().execute(() -> write(ctx, answer, keepAlive && !malformed));
          });
    } catch (RejectedExecutionException e) {
      write(ctx, Answer.of(503, "too many commands at once"), keepAlive);
    }
  }

  private Answer answer(
      HttpMethod method, String uri, String path, @Nullable String accept, byte[] body) {
    try {
      if (path.startsWith(API) && !READS.containsKey(path)) {
        ApiReply reply = operations.routes().answer(method.name(), uri, body, peer);
        return Answer.json(reply.status(), reply.values());
      }
      Function<Operations, Answer> read =
          path.equals("/metrics") ? daemon -> metrics(daemon, accept) : READS.get(path);
      if (read != null) {
        boolean allowed = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
        return allowed ? read.apply(operations) : Answer.of(405, "GET only");
      }
      if (path.equals("/reload")) {
        return method.equals(HttpMethod.POST) ? reload() : Answer.of(405, "POST only");
      }
      return Answer.of(404, "no such command");
    } catch (RuntimeException | Error e) {
      log.error("control command failed path={}", path, e);
      return Answer.of(500, "failed; the log has the cause");
    }
  }

  /** The description of the API. */
  private static byte[] openApi() {
    try (InputStream in = ControlHandler.class.getResourceAsStream("openapi.json")) {
      return Objects.requireNonNull(in, "openapi.json").readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Answer metrics(Operations daemon, @Nullable String accept) {
    Figures.Text figures = daemon.metrics(accept);
    return new Answer(200, figures.type(), Unpooled.wrappedBuffer(figures.bytes()));
  }

  private Answer reload() {
    Operations.Verdict verdict = operations.reload(peer);
    List<String> lines = verdict.lines();
    return Answer.of(verdict.accepted() ? 200 : 409, String.join("\n", lines));
  }

  private static void write(ChannelHandlerContext ctx, Answer answer, boolean keepAlive) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status), answer.body);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.type);
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    HttpUtil.setContentLength(response, answer.body.readableBytes());
    HttpUtil.setKeepAlive(response, keepAlive);
    var written = ctx.writeAndFlush(response);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("a connection to the control socket failed", cause);
    ctx.close();
  }
}
