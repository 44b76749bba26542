// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;

/**
 * Shares out the window of one connection and its socket among the {@link OutgoingContent} of its
 * streams (RFC 9113 §5.2): one frame of each in turn. On the loop.
 */
public final class SendQueue {
  /** RFC 9113 §6.9.2. */
  public static final int FIRST_WINDOW_BYTES = 65_535;

  /** A window that is opened by less makes a frame for nearly nothing. */
  public static final int SMALL_WINDOW_BYTES = 128;

  private final FrameOutput output;
  private final BooleanSupplier served;
  private final Runnable smallFrame;

  /** Content that the connection's window or socket did not admit. */
  private final ArrayDeque<OutgoingContent> waiting = new ArrayDeque<>(1);

  /** Content of which only the end is left, which the socket did not admit. */
  private final ArrayDeque<OutgoingContent> ending = new ArrayDeque<>(1);

  private long window = FIRST_WINDOW_BYTES;

  /**
   * The queue of a connection that is open.
   *
   * @param served whether the connection still serves its streams: each frame may end it
   * @param smallFrame is told of each frame that is small because the peer's window is
   */
  public SendQueue(FrameOutput output, BooleanSupplier served, Runnable smallFrame) {
    this.output = output;
    this.served = served;
    this.smallFrame = smallFrame;
  }

  /** Octets that the peer takes on this connection. */
  public long window() {
    return window;
  }

  /**
   * The peer lets more be sent.
   *
   * @return false if the window is larger than RFC 9113 §6.9.1 allows
   */
  public boolean addWindow(int octets) {
    window += octets;
    return window <= Integer.MAX_VALUE;
  }

  /** A stream has something to send, or may send more: as much of it as is possible is sent. */
  public void send(OutgoingContent content) {
    if (content.queued()) {
      return;
    }
    // RFC 9113 §6.9.1: an end needs no window, so it does not wait behind what does.
    while (mayBeSent(content) && (waiting.isEmpty() || content.bytes() == 0)) {
      sendFrame(content);
    }
    settle(content);
  }

  private boolean mayBeSent(OutgoingContent content) {
    return content.hasSomethingToSend()
        && output.writable()
        && (window > 0 || content.bytes() == 0);
  }

  private void sendFrame(OutgoingContent content) {
    int octets = content.sendFrame((int) Math.min(window, Integer.MAX_VALUE));
    window -= octets;
    if (octets > 0 && octets < SMALL_WINDOW_BYTES && content.bytes() > 0) {
      smallFrame.run();
    }
  }

  private void settle(OutgoingContent content) {
    if (content.hasSomethingToSend()) {
      content.queued(true);
      (content.bytes() == 0 ? ending : waiting).add(content);
    } else {
      content.drained();
    }
  }

  /** One frame of each stream in turn, as long as the socket and the window take them. */
  public void sendWaiting() {
    while (!ending.isEmpty() && output.writable() && served.getAsBoolean()) {
      sendNext(ending);
    }
    while (!waiting.isEmpty() && output.writable() && served.getAsBoolean()) {
      OutgoingContent content = waiting.element();
      if (content.hasSomethingToSend() && !mayBeSent(content)) {
        return; // no window
      }
      sendNext(waiting);
    }
  }

  private void sendNext(ArrayDeque<OutgoingContent> queue) {
    OutgoingContent content = queue.remove();
    content.queued(false);
    if (mayBeSent(content)) {
      sendFrame(content);
    }
    settle(content);
  }

  /** A stream sends nothing more. */
  public void remove(OutgoingContent content) {
    if (content.queued()) {
      content.queued(false);
      waiting.remove(content);
      ending.remove(content);
    }
  }
}
