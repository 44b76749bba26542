// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslClientHelloHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection that begins with TLS: reads the ClientHello, finds the
 * certificate, and makes way for Netty's handler of the handshake. Nothing here blocks the loop.
 */
public final class TlsAccept extends SslClientHelloHandler<ServerIdentity> {
  /**
   * The largest ClientHello: one with X25519MLKEM768 and ECH has about 2 KiB, and this is one
   * record (RFC 8446 §5.1). A larger one costs memory before anything is known of the client.
   */
  private static final int MAX_HELLO_BYTES = 16 * 1024;

  /** A fatal alert, unrecognized_name (RFC 8446 §6, RFC 6066 §3), in a record of TLS 1.0 to 1.3. */
  private static final byte[] UNRECOGNIZED_NAME = {0x15, 3, 3, 0, 2, 2, 112};

  /** Hears of the handshake, on the loop. */
  public interface Owner {
    /** The certificate is being ordered, which takes so many milliseconds at most. */
    void awaitsCertificate(int millis);

    /** The connection is encrypted: bytes that follow are the client's. */
    void secured(SslHandler tls, ClientHello hello, ServerIdentity identity);

    /** There is no certificate for the client. It was told so, and the connection is closing. */
    void unrecognized(ClientHello hello);

    /** The handshake failed. */
    void failed(Throwable cause);
  }

  private final CertificateSource certificates;
  private final TlsProfile profile;
  private final Owner owner;
  private boolean begun;
  private ClientHello hello = ClientHello.UNKNOWN;

  /** A handler for one connection. */
  public TlsAccept(CertificateSource certificates, TlsProfile profile, Owner owner) {
    super(MAX_HELLO_BYTES);
    this.certificates = certificates;
    this.profile = profile;
    this.owner = owner;
  }

  /** Whether the client has sent something. */
  public boolean begun() {
    return begun;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
    begun = true;
    super.channelRead(ctx, bytes);
  }

  @Override
  protected Future<ServerIdentity> lookup(
      ChannelHandlerContext ctx, @Nullable ByteBuf clientHello) {
    Promise<ServerIdentity> found = ctx.executor().newPromise();
    if (clientHello != null) {
      hello = ClientHello.read(clientHello);
    }
    int millis =
        certificates.find(
            hello,
            ctx.executor(),
            identity -> {
              if (!found.trySuccess(identity) && identity != null) {
                identity.release();
              }
            });
    if (millis > 0 && !found.isDone()) {
      owner.awaitsCertificate(millis);
    }
    return found;
  }

  @Override
  protected void onLookupComplete(ChannelHandlerContext ctx, Future<ServerIdentity> found) {
    ServerIdentity identity = found.getNow();
    if (identity == null) {
      owner.unrecognized(hello);
      ctx.writeAndFlush(Unpooled.wrappedBuffer(UNRECOGNIZED_NAME))
          .addListener(ChannelFutureListener.CLOSE);
      return;
    }
    try {
      if (ctx.channel().isActive()) {
        shakeHands(ctx, identity);
      }
    } catch (Exception e) {
      owner.failed(e);
    } finally {
      identity.release();
    }
  }

  private void shakeHands(ChannelHandlerContext ctx, ServerIdentity identity) throws Exception {
    SslHandler tls = identity.newHandler(profile, ctx.alloc());
    tls.handshakeFuture()
        .addListener(
            done -> {
              try {
                if (done.isSuccess()) {
                  owner.secured(tls, hello, identity);
                } else {
                  owner.failed(done.cause());
                }
              } catch (Throwable e) {
                owner.failed(e); // Netty only logs what a listener throws
              }
            });
    ChannelPipeline pipeline = ctx.pipeline();
    pipeline.replace(this, "tls", tls);
    UnreportedErrors.reportBehind(tls, pipeline);
  }
}
