// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.http.Parsed;
import dev.rsp.proxy.ProxyHeader;
import dev.rsp.proxy.ProxyHeaderReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection that begins with a PROXY header: reads it, and makes way for
 * what follows. On the connection's loop.
 */
final class ProxyAccept extends ChannelInboundHandlerAdapter {
  /** Hears of the header, on the loop. */
  interface Owner {
    /** The header is complete: the bytes behind it follow through the pipeline. */
    void introduced(ProxyHeader header);

    /** The header is refused, or there is none. The connection must be closed. */
    void notIntroduced(String fault);
  }

  private final Owner owner;

  /** The part of a header that has come; null if nothing has. */
  private @Nullable ByteBuf held;

  private boolean ended;

  ProxyAccept(Owner owner) {
    this.owner = owner;
  }

  /** Whether a part of a header has come. */
  boolean hasBegun() {
    return held != null;
  }

  /** The capacity of what is held. */
  int heldBytes() {
    return held == null ? 0 : held.capacity();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf read = (ByteBuf) message;
    if (ended) {
      read.release(); // of a connection that is closing
      return;
    }
    hold(read);
    ByteBuf bytes = held;
    if (bytes == null) {
      return;
    }
    ProxyHeader header = ProxyHeaderReader.read(bytes);
    if (header.parsed() == Parsed.MORE) {
      return;
    }
    ended = true;
    if (header.parsed() == Parsed.REFUSED) {
      release();
      owner.notIntroduced(header.fault());
      return;
    }
    held = null;
    bytes.skipBytes(header.length());
    pass(ctx, bytes, header);
  }

  private void hold(ByteBuf read) {
    ByteBuf before = held;
    if (before == null) {
      held = read;
    } else {
      try {
        before.writeBytes(read);
      } finally {
        read.release();
      }
    }
  }

  /** Passes on what follows the header, also to handlers that the owner puts in front. */
  private void pass(ChannelHandlerContext ctx, ByteBuf rest, ProxyHeader header) {
    Channel channel = ctx.channel();
    boolean passed = false;
    try {
      channel.pipeline().remove(this);
      owner.introduced(header);
      passed = rest.isReadable() && channel.isOpen();
    } finally {
      if (!passed) {
        rest.release();
      }
    }
    if (passed) {
      channel.pipeline().fireChannelRead(rest);
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    release(); // also when the connection is closed
  }

  private void release() {
    ByteBuf bytes = held;
    held = null;
    if (bytes != null) {
      bytes.release();
    }
  }
}
