// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.BodyFraming.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Bodies of a known length, and those that the end of the connection ends. */
final class BodyFramingTest {
  private final BodyFraming framing = new BodyFraming();

  @Test
  void endsAtOnceIfThereIsNone() {
    framing.startLength(0);
    assertEquals(Progress.DONE, accept(0));
    assertEquals(0, framing.consumedEnd());
  }

  @Test
  void leavesWhatFollows() {
    framing.startLength(0);
    assertEquals(Progress.DONE, accept(7));
    assertEquals(0, framing.consumedEnd());
    framing.startLength(5);
    assertEquals(Progress.DONE, accept(7));
    assertEquals(5, framing.forwardEnd());
    assertEquals(5, framing.consumedEnd());
  }

  @Test
  void countsOverParts() {
    for (int first = 0; first <= 10; first++) {
      framing.startLength(10);
      assertEquals(first < 10 ? Progress.MORE : Progress.DONE, accept(first));
      assertEquals(first, framing.consumedEnd());
      if (first < 10) {
        assertEquals(Progress.DONE, accept(11 - first));
        assertEquals(10 - first, framing.forwardEnd());
      }
    }
  }

  @Test
  void startsAtTheReaderIndex() {
    framing.startLength(3);
    ByteBuf in = Unpooled.wrappedBuffer(new byte[10]).skipBytes(4);
    assertEquals(Progress.DONE, framing.accept(in));
    assertEquals(4, in.readerIndex());
    assertEquals(7, framing.forwardEnd());
    in.release();
  }

  @Test
  void countsBeyondFourGigabytes() {
    framing.startLength((1L << 32) + 1);
    ByteBuf block = Unpooled.wrappedBuffer(new byte[1 << 20]);
    for (int i = 0; i < 4096; i++) {
      assertEquals(Progress.MORE, framing.accept(block));
    }
    assertEquals(Progress.DONE, framing.accept(block));
    assertEquals(1, framing.forwardEnd());
    block.release();
  }

  @Test
  void hasNoEndBeforeTheConnections() {
    framing.startUntilClose();
    assertTrue(framing.untilClose());
    assertEquals(Progress.MORE, accept(9));
    assertEquals(9, framing.forwardEnd());
    assertEquals(9, framing.consumedEnd());
    framing.startLength(1);
    assertFalse(framing.untilClose());
    assertFalse(framing.isChunked());
    framing.startChunked(false);
    assertTrue(framing.isChunked());
  }

  private Progress accept(int bytes) {
    ByteBuf in = Unpooled.wrappedBuffer(new byte[bytes]);
    try {
      return framing.accept(in);
    } finally {
      in.release();
    }
  }
}
