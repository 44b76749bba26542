// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A head and the start of its body in one buffer. */
final class HeadBeforeBodyTest {
  private static final String LINE = "\r\n1a2b\r\n";

  private final HeadWriter writer = new HeadWriter();

  HeadBeforeBodyTest() {
    writer.startChunk(0x1a2b, true);
    assertEquals(LINE, Heads.text(writer));
  }

  @ParameterizedTest(name = "{0} bytes of room")
  @ValueSource(ints = {8, 9, 100})
  void usesTheRoomInFrontOfTheBody(int room) {
    ByteBuf body = body(room, "body");
    ByteBuf both = writer.before(body, new FailingAllocator());
    assertSame(body, both);
    assertEquals(room - LINE.length(), both.readerIndex());
    assertEquals(LINE + "body", both.toString(StandardCharsets.US_ASCII));
    assertEquals(
        "x".repeat(room - LINE.length()),
        both.toString(0, both.readerIndex(), StandardCharsets.US_ASCII));
    assertEquals(1, both.refCnt());
    both.release();
  }

  @ParameterizedTest(name = "{0} bytes of room")
  @ValueSource(ints = {0, 1, 7})
  void copiesTheBodyIfThereIsNoRoomAndReleasesIt(int room) {
    ByteBuf body = body(room, "body");
    ByteBuf both = writer.before(body, UnpooledByteBufAllocator.DEFAULT);
    assertNotSame(body, both);
    assertEquals(LINE + "body", both.toString(StandardCharsets.US_ASCII));
    assertEquals(LINE.length() + 4, both.capacity());
    assertEquals(0, body.refCnt());
    assertEquals(1, both.refCnt());
    both.release();
  }

  @Test
  void takesAnEmptyBody() {
    ByteBuf both = writer.before(Unpooled.buffer(0), UnpooledByteBufAllocator.DEFAULT);
    assertEquals(LINE, both.toString(StandardCharsets.US_ASCII));
    both.release();
  }

  @Test
  void releasesTheBodyIfNoBufferCanBeAllocated() {
    ByteBuf body = body(0, "body");
    ByteBufAllocator failing = new FailingAllocator();
    assertThrows(IllegalStateException.class, () -> writer.before(body, failing));
    assertEquals(0, body.refCnt());
  }

  private static ByteBuf body(int room, String text) {
    return Unpooled.copiedBuffer("x".repeat(room) + text, StandardCharsets.US_ASCII)
        .skipBytes(room);
  }

  /** Has no memory left. */
  private static final class FailingAllocator extends AbstractByteBufAllocator {
    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      throw new IllegalStateException("no heap buffer");
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      throw new IllegalStateException("no direct buffer");
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }
}
