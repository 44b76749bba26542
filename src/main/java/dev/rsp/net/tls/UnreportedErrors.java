// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import javax.net.ssl.SSLException;

/**
 * Reports errors of TLS that Netty's handler does not report. If BoringSSL answers a record of an
 * established connection with a fatal alert, that handler sends the alert and waits for more; but
 * nothing can be read any more, and both sides close at once (RFC 8446 §6.2). With the engine of
 * the JDK that handler reports all errors.
 *
 * <p>Stands behind that handler. On the connection's loop.
 */
public final class UnreportedErrors extends ChannelInboundHandlerAdapter {
  private final ReferenceCountedOpenSslEngine engine;
  private boolean reported;

  private UnreportedErrors(ReferenceCountedOpenSslEngine engine) {
    this.engine = engine;
  }

  /**
   * Has errors reported to the handlers behind {@code tls}, which is in the pipeline: to their
   * exceptionCaught, as an {@link SSLException}. Call it on the loop.
   */
  public static void reportBehind(SslHandler tls, ChannelPipeline pipeline) {
    ChannelHandlerContext at = pipeline.context(tls); // null if it was closed meanwhile
    if (at != null && tls.engine() instanceof ReferenceCountedOpenSslEngine engine) {
      pipeline.addAfter(at.name(), null, new UnreportedErrors(engine));
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!reported && hasFailed()) {
      reported = true;
      // Not in this event: io_uring would read on behind it, which keeps a closed socket open.
      ctx.executor().execute(() -> report(ctx));
    }
    ctx.fireChannelReadComplete();
  }

  private static void report(ChannelHandlerContext ctx) {
    if (!ctx.isRemoved()) {
      ctx.fireExceptionCaught(new SSLException("a record that is refused with an alert"));
    }
  }

  /**
   * Whether the engine reads no more, and Netty does not know that. After close_notify, and after
   * an error that was reported, it does.
   */
  private boolean hasFailed() {
    return !engine.isInboundDone()
        && (SSL.getShutdown(engine.sslPointer()) & SSL.SSL_RECEIVED_SHUTDOWN) != 0;
  }
}
