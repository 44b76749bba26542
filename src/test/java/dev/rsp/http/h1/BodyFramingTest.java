// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.h1.BodyFraming.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies of a known length, and those that the end of the connection ends. */
final class BodyFramingTest {
  private final BodyFraming framing = new BodyFraming();

  @Test
  @Rule(50)
  void endsAtOnceIfThereIsNone() {
    framing.startLength(0);
    assertEquals(Progress.DONE, accept(0));
    assertEquals(0, framing.consumedEnd());
  }

  @Test
  @Rule({50, 72})
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
    framing.startLength(8);
    assertEquals(Progress.MORE, framing.accept(in));
    assertEquals(10, framing.forwardEnd());
    assertEquals(10, framing.consumedEnd());
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

  /** What is too much, with limits of 4 bytes of extensions and 8 of trailers. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "1;aaa|x|0||, DONE, false, false",
    "1;aaaa|x|0||, MALFORMED, true, false",
    "1;a=bbb|x|0||, MALFORMED, true, false",
    "'1;a=\"bb', MALFORMED, true, false",
    "'1;a=\"\\\\\\\\', MALFORMED, true, false",
    "'1;\"', MALFORMED, false, false",
    "0|A: bb||, DONE, false, false",
    "0|A: bbbbb|, MALFORMED, false, true",
    "0|AAAAAAAAAA, MALFORMED, false, true",
    "0|A: b|B: c|, MALFORMED, false, true",
    "0|A: bbbb|B: c|, MALFORMED, false, true",
    "x, MALFORMED, false, false",
    "'1;\u0001', MALFORMED, false, false",
    "0| A, MALFORMED, false, false",
  })
  @Rule({54, 56})
  void saysWhichBoundOfChunksWasExceeded(
      String body, Progress progress, boolean extensions, boolean trailers) {
    for (boolean keep : new boolean[] {true, false}) {
      framing.limitChunks(4, 8);
      framing.startChunked(keep);
      ByteBuf in = Unpooled.copiedBuffer(body.replace("|", "\r\n"), StandardCharsets.ISO_8859_1);
      assertEquals(progress, framing.accept(in));
      assertEquals(extensions, framing.tooManyExtensions());
      assertEquals(trailers, framing.tooManyTrailers());
      in.release();
    }
  }

  @Test
  void knowsOfNoChunksInOtherBodies() {
    framing.startLength(3);
    assertEquals(0, framing.announced());
    assertFalse(framing.tooManyExtensions());
    assertFalse(framing.tooManyTrailers());
  }

  @Test
  @Rule(70)
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
