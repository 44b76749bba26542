// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.referee.End;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * The proxy's end of a connection, with as much of a kernel behind it as the proxy can tell from
 * one: what its peer sends waits until it is read, what the proxy sends goes as far as the peer
 * takes it, and events are told in the loop's next turn. It reads, ends and fails as Netty's NIO
 * channels do.
 */
final class EmbeddedSocket extends EmbeddedDuplex {
  private static final InetSocketAddress PEER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);

  private static final InetSocketAddress HERE =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);

  private final EmbeddedRig rig;
  private final EmbeddedPeer peer;

  /** What the peer has sent and the proxy has not read. */
  private final ByteBuf arrived = Unpooled.buffer();

  /** How the peer has ended its side, behind what arrived; UNSEEN if it has not. */
  private End peerEnd = End.UNSEEN;

  /** How many bytes the peer takes until it takes more. */
  private long room = Long.MAX_VALUE;

  private SocketAddress remote = PEER;
  private boolean connected;
  private @Nullable ChannelPromise connecting;
  private @Nullable IOException refusal;
  private boolean endSeenTwice;

  /**
   * A socket that is yet to be registered.
   *
   * @param accepted whether it is connected from the start
   */
  EmbeddedSocket(EmbeddedRig rig, EmbeddedPeer peer, boolean accepted) {
    this.rig = rig;
    this.peer = peer;
    this.connected = accepted;
    options.setAllocator(rig.allocator());
  }

  /** The peer has this address, from the start. */
  void comesFrom(SocketAddress address) {
    remote = address;
  }

  // What the peer does ---------------------------------------------------------------------------

  void arrive(byte[] bytes) {
    if (isOpen() && peerEnd == End.UNSEEN) {
      arrived.writeBytes(bytes);
      rig.ready(this);
    }
  }

  void peerEnds(End end) {
    if (peerEnd != End.RESET) {
      peerEnd = end;
      rig.ready(this);
    }
  }

  void peerTakes(long bytes) {
    room = bytes;
    rig.ready(this);
  }

  void accept() {
    connected = true;
    rig.ready(this);
  }

  void refuse(IOException cause) {
    refusal = cause;
    rig.ready(this);
  }

  /** How many bytes have arrived that the proxy has not read. */
  int unread() {
    return isOpen() ? arrived.readableBytes() : 0;
  }

  // What the kernel tells ------------------------------------------------------------------------

  /** Something has happened: the loop comes to it in its turn. */
  void tell() {
    if (connecting != null) {
      connectDone(connecting);
    }
    if (isOpen() && isActive()) {
      if (room > 0) {
        flush();
      }
      if (canRead()) {
        readArrived();
      }
    }
  }

  private void connectDone(ChannelPromise promise) {
    if (connected) {
      connecting = null;
      promise.trySuccess();
      pipeline().fireChannelActive();
    } else if (refusal != null) {
      connecting = null;
      promise.tryFailure(refusal);
    }
  }

  private boolean canRead() {
    return isOpen()
        && options.isAutoRead()
        && !endSeenTwice
        && (arrived.isReadable() || peerEnd != End.UNSEEN);
  }

  /** As AbstractNioByteChannel.NioByteUnsafe.read(). */
  @SuppressWarnings("deprecation") // the type of Channel.Unsafe's method
  private void readArrived() {
    RecvByteBufAllocator.Handle sizes = unsafe().recvBufAllocHandle();
    sizes.reset(options);
    boolean end = false;
    do {
      ByteBuf buffer;
      try {
        buffer = sizes.allocate(options.getAllocator());
      } catch (ChannelException e) {
        pipeline().fireChannelReadComplete();
        pipeline().fireExceptionCaught(e);
        if (isOpen()) {
          closeBare();
        }
        return;
      }
      sizes.attemptedBytesRead(buffer.writableBytes());
      int count = Math.min(arrived.readableBytes(), buffer.writableBytes());
      end = count == 0 && peerEnd != End.UNSEEN;
      sizes.lastBytesRead(end ? -1 : count);
      if (count == 0) {
        buffer.release();
        break;
      }
      buffer.writeBytes(arrived, count);
      arrived.discardReadBytes();
      sizes.incMessagesRead(1);
      pipeline().fireChannelRead(buffer);
    } while (isOpen() && sizes.continueReading());
    sizes.readComplete();
    pipeline().fireChannelReadComplete();
    if (end) {
      if (peerEnd == End.RESET && !inputShutdown) {
        pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      }
      endOnRead();
    }
    if (canRead()) {
      rig.ready(this);
    }
  }

  private void endOnRead() {
    if (!isOpen()) {
      return;
    }
    if (inputShutdown) {
      endSeenTwice = true;
      pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    } else if (options.halfClosure) {
      inputShutdown = true;
      pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else {
      closeBare();
    }
  }

  // What the proxy does --------------------------------------------------------------------------

  @Override
  public ChannelFuture connect(SocketAddress address) {
    ChannelPromise promise = newPromise();
    connecting = promise;
    return promise;
  }

  @Override
  protected void doBeginRead() {
    if (canRead()) {
      rig.ready(this);
    }
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer out) throws IOException {
    if (peerEnd == End.RESET) {
      throw new IOException("Broken pipe");
    }
    while (out.current() instanceof ByteBuf bytes && (room > 0 || !bytes.isReadable())) {
      byte[] taken = new byte[(int) Math.min(room, bytes.readableBytes())];
      bytes.readBytes(taken);
      room -= taken.length;
      peer.received(taken);
      out.progress(taken.length);
      if (!bytes.isReadable()) {
        out.remove();
      }
    }
  }

  @Override
  protected void doShutdownOutput() {
    outputShutdown = true;
    peer.ended(peerEnd == End.RESET ? End.RESET : End.FIN);
  }

  @Override
  protected void doClose() throws Exception {
    super.doClose();
    if (connecting != null) {
      connecting.tryFailure(new ClosedChannelException());
      connecting = null;
    }
    // Linux resets a connection that is closed with bytes unread.
    boolean reset = peerEnd == End.RESET || options.noLinger || arrived.isReadable();
    peer.ended(reset ? End.RESET : End.FIN);
    arrived.release();
  }

  @Override
  public boolean isActive() {
    return connected && connecting == null && super.isActive();
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  protected SocketAddress localAddress0() {
    return HERE;
  }
}
