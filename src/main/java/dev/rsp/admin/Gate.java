// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Lets requests of one connection through, by their heads alone, before their bodies are read. */
final class Gate extends ChannelInboundHandlerAdapter {
  /** Answered without a token, as load balancers and service managers need it. */
  private static final Set<String> OPEN = Set.of("/healthz", "/readyz");

  /**
   * A connection makes one guess in this time, and there are only so many connections: a token of
   * 64 bits is safe for ages.
   */
  private static final int WRONG_TOKEN_MILLIS = 1000;

  private final Supplier<Access> access;
  private final Runnable whenKnown;
  private final Runnable whenWrong;
  private boolean refused;

  /**
   * A gate.
   *
   * @param access who may ask now
   * @param whenKnown runs when the peer is known
   * @param whenWrong runs when the peer has a wrong token
   */
  Gate(Supplier<Access> access, Runnable whenKnown, Runnable whenWrong) {
    this.access = access;
    this.whenKnown = whenKnown;
    this.whenWrong = whenWrong;
  }

  /**
   * Why a request is not answered.
   *
   * @param guessed whether it had a wrong token
   */
  private record Reason(int status, String text, boolean guessed) {}

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (refused) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpRequest request) {
      Reason reason = reason(request);
      if (reason != null) {
        refused = true;
        ReferenceCountUtil.release(message);
        refuse(ctx, reason);
        return;
      }
    }
    ctx.fireChannelRead(message);
  }

  private @Nullable Reason reason(HttpRequest request) {
    Access current = access.get();
    HttpHeaders fields = request.headers();
    List<String> hosts = fields.getAll(HttpHeaderNames.HOST);
    if (request.decoderResult().isFailure() || hosts.size() > 1) {
      return new Reason(400, "malformed", false);
    }
    String host = hosts.isEmpty() ? "" : hosts.get(0);
    if (!hosts.isEmpty() && !current.isOwnHost(host)) {
      return new Reason(
          403, "this name is not one of admin.names (expected: an IP address or localhost)", false);
    }
    String path = path(request.uri());
    if (current.page() != null && Page.has(path)) {
      return null;
    }
    if (!isOwnOrigin(fields, host)) {
      return new Reason(403, "a request of another site's page", false);
    }
    if (!current.needsToken() || OPEN.contains(path)) {
      return null;
    }
    String authorization = fields.get(HttpHeaderNames.AUTHORIZATION);
    if (authorization == null) {
      return new Reason(401, "a token is needed: Authorization: Bearer TOKEN", false);
    } else if (!current.knows(authorization)) {
      return new Reason(401, "wrong token", true);
    }
    whenKnown.run();
    return null;
  }

  private static String path(String uri) {
    int mark = uri.indexOf('?');
    return mark < 0 ? uri : uri.substring(0, mark);
  }

  /** Browsers say from where a request comes: Fetch §3.2, Fetch Metadata §2.4. */
  private static boolean isOwnOrigin(HttpHeaders fields, String host) {
    String origin = fields.get(HttpHeaderNames.ORIGIN);
    String site = fields.get("sec-fetch-site");
    boolean same = origin == null || isAt(host, origin.toLowerCase(Locale.ROOT));
    return same && (site == null || site.equals("same-origin") || site.equals("none"));
  }

  private static boolean isAt(String host, String origin) {
    return origin.matches("https?://.*")
        && origin.substring(origin.indexOf("//") + 2).equalsIgnoreCase(host);
  }

  private void refuse(ChannelHandlerContext ctx, Reason reason) {
    if (!reason.guessed()) {
      write(ctx, reason);
      return;
    }
    whenWrong.run();
    ctx.executor().schedule(() -> write(ctx, reason), WRONG_TOKEN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private static void write(ChannelHandlerContext ctx, Reason reason) {
    String body = Json.of(ApiReply.error(reason.status(), reason.text()).values()) + "\n";
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(reason.status()),
            Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
    HttpHeaders fields = response.headers();
    fields.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
    fields.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    fields.set("x-content-type-options", "nosniff");
    if (reason.status() == 401) {
      fields.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    HttpUtil.setContentLength(response, body.length());
    HttpUtil.setKeepAlive(response, false);
    Lingering.closeAfter(ctx.writeAndFlush(response));
  }
}
