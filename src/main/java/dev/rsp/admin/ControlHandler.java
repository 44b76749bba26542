// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.metrics.Figures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of one connection, answered one after the other. */
final class ControlHandler extends SimpleChannelInboundHandler<HttpObject> {
  private static final Logger log = LoggerFactory.getLogger(ControlHandler.class);

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String API = "/api/";
  private static final String EVENTS = "/api/events";
  private static final String HEALTH = "/healthz";
  private static final String JSON = "application/json";

  /** Requests that may wait on one connection. A client that sends more does not read answers. */
  private static final int MOST_WAITING = 8;

  /** What is answered at each path. */
  private static final Map<String, Function<Operations, Answer>> READS =
      Map.of(
          "/readyz",
          daemon -> daemon.isServing() ? Answer.ok("ok") : Answer.of(503, "stopping"),
          "/status",
          daemon -> Answer.ok(String.join("\n", daemon.status())),
          "/status.json",
          daemon -> Answer.json(200, daemon.values()),
          "/api/openapi.json",
          daemon -> new Answer(200, JSON, Unpooled.wrappedBuffer(openApi()), null),
          "/config",
          daemon -> new Answer(200, TEXT, Unpooled.wrappedBuffer(daemon.configuration()), null));

  private final Operations operations;
  private final Executor workers;

  /** Who is connected, for the log. */
  private final String peer;

  private final Supplier<@Nullable Page> page;
  private final @Nullable EventStream events;
  private final Health health;
  private final Bodies bodies;

  private final Deque<Asked> waiting = new ArrayDeque<>();
  private boolean busy;

  /** Whether the last answer was given; what comes then is no request. */
  private boolean ended;

  private @Nullable Asked reading;

  /** A request without its body. */
  private record Asked(
      HttpMethod method,
      String uri,
      @Nullable String accept,
      @Nullable String knownTag,
      boolean keepAlive,
      HttpVersion version,
      @Nullable Answer refusal,
      @Nullable Body body) {
    String path() {
      return new QueryStringDecoder(uri).rawPath();
    }

    boolean reads() {
      return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
    }
  }

  /** A status, a media type and a body; the file of the page that it is, or null. */
  private record Answer(int status, String type, ByteBuf body, Page.@Nullable Content file) {
    static Answer ok(String text) {
      return of(200, text);
    }

    static Answer json(int status, Map<String, @Nullable Object> values) {
      return new Answer(status, JSON, utf8(Json.of(values) + "\n"), null);
    }

    static Answer of(int status, String text) {
      return new Answer(status, TEXT, utf8(text + "\n"), null);
    }

    static Answer of(Health.Result result) {
      return switch (result) {
        case ALIVE -> ok("ok");
        case NOT_ALIVE -> of(503, "a loop does not respond");
        case FAILED -> of(500, "failed; the log has the cause");
      };
    }

    /** Why a command below {@code /api/} is not carried out, or another one. */
    static Answer error(String path, int status, String text) {
      return path.startsWith(API)
          ? json(status, ApiReply.error(status, text).values())
          : of(status, text);
    }
  }

  /**
   * A handler of one connection.
   *
   * @param workers run what may block
   * @param page what browsers get
   * @param events for those who watch; null for none
   * @param health answers probes
   * @param bodies room for what is sent
   */
  ControlHandler(
      Operations operations,
      Executor workers,
      String peer,
      Supplier<@Nullable Page> page,
      @Nullable EventStream events,
      Health health,
      Bodies bodies) {
    this.operations = operations;
    this.workers = workers;
    this.peer = peer;
    this.page = page;
    this.events = events;
    this.health = health;
    this.bodies = bodies;
  }

  /** Whether a request waits for its answer. On the event loop. */
  boolean isBusy() {
    return busy;
  }

  private static ByteBuf utf8(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (ended) {
      return;
    }
    if (message instanceof HttpRequest request) {
      begin(ctx, request);
    }
    Asked asked = reading;
    if (asked == null) {
      return;
    }
    Body into = asked.body;
    if (message instanceof HttpContent content
        && into != null
        && asked.refusal == null
        && !into.add(content.content())) {
      asked = refused(asked, 413, "the body is longer than its Content-Length or 64 KiB");
    }
    if (message instanceof LastHttpContent || asked.refusal != null) {
      reading = null;
      ask(ctx, asked);
    }
  }

  private void begin(ChannelHandlerContext ctx, HttpRequest request) {
    HttpHeaders fields = request.headers();
    String uri = request.uri();
    boolean malformed = request.decoderResult().isFailure();
    String path = malformed ? "" : new QueryStringDecoder(uri).rawPath();
    Body body = malformed ? null : bodies.of(request.method().name() + " " + path, fields);
    reading =
        new Asked(
            request.method(),
            uri,
            fields.get(HttpHeaderNames.ACCEPT),
            fields.get(HttpHeaderNames.IF_NONE_MATCH),
            HttpUtil.isKeepAlive(request),
            request.protocolVersion(),
            null,
            body);
    if (malformed) {
      reading = refused(reading, 400, "malformed");
    } else if (body == null) {
      reading =
          refused(
              reading,
              413,
              "no room for the body (expected: one candidate at a time, of at most 64 MiB, with"
                  + " Content-Length; for other commands 64 KiB)");
    } else if (HttpUtil.is100ContinueExpected(request)) {
      ctx.writeAndFlush(
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
  }

  /** What follows such a request cannot be told from its body, so the connection ends. */
  private static Asked refused(Asked asked, int status, String text) {
    Answer answer = Answer.error(asked.uri, status, text);
    return new Asked(asked.method, asked.uri, null, null, false, asked.version, answer, asked.body);
  }

  private void ask(ChannelHandlerContext ctx, Asked asked) {
    if (waiting.size() >= MOST_WAITING) {
      release(asked.body);
      ctx.close();
      return;
    }
    waiting.add(asked);
    if (!busy) {
      next(ctx);
    }
  }

  private void next(ChannelHandlerContext ctx) {
    Asked asked = waiting.poll();
    busy = asked != null;
    if (asked == null) {
      return;
    }
    if (asked.refusal != null) {
      write(ctx, asked, asked.refusal);
      return;
    }
    EventStream stream = events;
    if (stream != null && asked.method.equals(HttpMethod.GET) && asked.path().equals(EVENTS)) {
      if (stream.start(ctx, asked.version)) {
        releaseAll(); // an answer without an end
      } else {
        write(ctx, asked, Answer.error(EVENTS, 503, "too many watch"));
      }
      return;
    }
    if (asked.reads() && asked.path().equals(HEALTH)) {
      health.ask(ctx.executor(), result -> write(ctx, asked, Answer.of(result)));
      return;
    }
    try {
      workers.execute(
          () -> {
            Answer answer = answer(asked);
            ctx.executor().execute(() -> write(ctx, asked, answer));
          });
    } catch (RejectedExecutionException e) {
      write(ctx, asked, Answer.error(asked.uri, 503, "too many commands at once"));
    }
  }

  private Answer answer(Asked asked) {
    String path = asked.path();
    try {
      Function<Operations, Answer> read =
          path.equals("/metrics") ? daemon -> metrics(daemon, asked.accept) : READS.get(path);
      boolean reads = asked.reads();
      if (path.equals(HEALTH)) {
        return Answer.of(405, "GET only");
      }
      if (read != null) {
        return reads ? read.apply(operations) : Answer.error(path, 405, "GET only");
      }
      if (path.startsWith(API)) {
        Body sent = asked.body;
        ApiReply reply =
            operations
                .routes()
                .answer(
                    asked.method.name(),
                    asked.uri,
                    sent == null ? new byte[0] : sent.bytes(),
                    peer);
        return Answer.json(reply.status(), reply.values());
      }
      if (path.equals("/reload")) {
        return asked.method.equals(HttpMethod.POST) ? reload() : Answer.of(405, "POST only");
      }
      Page files = page.get();
      return files != null && reads && Page.has(path)
          ? file(files, path, asked)
          : Answer.of(404, "no such command");
    } catch (RuntimeException | Error e) {
      log.error("control command failed path={}", path, e);
      return Answer.error(path, 500, "failed; the log has the cause");
    }
  }

  private static Answer file(Page files, String path, Asked asked) {
    Page.Content file = files.file(path);
    if (file == null) {
      return Answer.of(
          404, path.equals("/") ? "this build of rsp has no page; see /api/" : "no such file");
    }
    boolean same = file.etag().equals(asked.knownTag);
    ByteBuf bytes = same ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(file.bytes());
    return new Answer(same ? 304 : 200, file.type(), bytes, file);
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
    return new Answer(200, figures.type(), Unpooled.wrappedBuffer(figures.bytes()), null);
  }

  private Answer reload() {
    Operations.Verdict verdict = operations.reload(peer);
    List<String> lines = verdict.lines();
    return Answer.of(verdict.accepted() ? 200 : 409, String.join("\n", lines));
  }

  private void write(ChannelHandlerContext ctx, Asked asked, Answer answer) {
    release(asked.body);
    // The codec leaves the body of an answer to HEAD out.
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status), answer.body);
    HttpHeaders fields = response.headers();
    fields.set(HttpHeaderNames.CONTENT_TYPE, answer.type);
    fields.set("x-content-type-options", "nosniff");
    Page.Content file = answer.file;
    fields.set(HttpHeaderNames.CACHE_CONTROL, file == null ? "no-store" : file.caching());
    if (file != null) {
      fields.set(HttpHeaderNames.ETAG, file.etag());
      fields.set("content-security-policy", Page.POLICY);
      fields.set("referrer-policy", "no-referrer");
      fields.set("cross-origin-opener-policy", "same-origin");
      fields.set("cross-origin-resource-policy", "same-origin");
    }
    if (answer.status != 304) {
      HttpUtil.setContentLength(response, answer.body.readableBytes());
    }
    HttpUtil.setKeepAlive(response, asked.keepAlive);
    var written = ctx.writeAndFlush(response);
    if (asked.keepAlive) {
      next(ctx);
    } else {
      ended = true;
      releaseAll();
      Lingering.closeAfter(written);
    }
  }

  private static void release(@Nullable Body read) {
    if (read != null) {
      read.close();
    }
  }

  /** All but that of the request that is answered. */
  private void releaseAll() {
    Asked asked = reading;
    reading = null;
    release(asked == null ? null : asked.body);
    waiting.forEach(one -> release(one.body));
    waiting.clear();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    releaseAll();
    super.channelInactive(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("a connection to the control socket failed", cause);
    ctx.close();
  }
}
