// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Netty's embedded channel, but on any event loop, which it leaves alone, and with two sides that
 * may end one after the other.
 */
abstract class EmbeddedDuplex extends EmbeddedChannel implements DuplexChannel {
  final Options options = new Options(this);
  boolean inputShutdown;
  boolean outputShutdown;

  // Without a value: the constructor of the class above sets it.
  private @Nullable AbstractUnsafe bare;

  EmbeddedDuplex() {
    super(builder().register(false));
  }

  /** By it, Netty's class would take the loop for its own, and run it whenever it is called. */
  @Override
  public boolean isRegistered() {
    return false;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  public ChannelConfig config() {
    return options;
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    AbstractUnsafe made = super.newUnsafe();
    bare = made;
    return made;
  }

  /** Closes as a transport does on its own. */
  final void closeBare() {
    AbstractUnsafe unsafe = Objects.requireNonNull(bare);
    unsafe.close(unsafe.voidPromise());
  }

  @Override
  public boolean isInputShutdown() {
    return inputShutdown || !isActive();
  }

  @Override
  public boolean isOutputShutdown() {
    return outputShutdown || !isActive();
  }

  @Override
  public boolean isShutdown() {
    return isInputShutdown() && isOutputShutdown();
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    Objects.requireNonNull(bare).shutdownOutput(promise);
    return promise;
  }

  @Override
  public ChannelFuture shutdownInput() {
    throw new UnsupportedOperationException("rsp never does");
  }

  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    return shutdownInput();
  }

  @Override
  public ChannelFuture shutdown() {
    return shutdownInput();
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    return shutdownInput();
  }

  /** The options of a socket that matter here. */
  static final class Options extends DefaultChannelConfig {
    boolean halfClosure;
    boolean noLinger;

    /** Thrown by the next option that is set. */
    @Nullable Error failure;

    Options(Channel channel) {
      super(channel);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
      Error thrown = failure;
      failure = null;
      if (thrown != null) {
        throw thrown;
      }
      if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
        halfClosure = Boolean.TRUE.equals(value);
      } else if (option.equals(ChannelOption.SO_LINGER)) {
        noLinger = Integer.valueOf(0).equals(value);
      } else {
        return super.setOption(option, value);
      }
      return true;
    }
  }
}
