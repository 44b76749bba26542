// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads for a receiver grow with what it takes, and shrink when it stalls. */
final class ReadSizeTest {
  private final ReadSize size = new ReadSize();

  @ParameterizedTest
  @CsvSource({
    "0, 16384",
    "524287, 16384",
    "524288, 65536",
    "2097151, 65536",
    "2097152, 262144",
    "1000000000000, 262144"
  })
  void aReadIsAnEighthOfWhatWasTaken(long taken, int bytes) {
    assertEquals(bytes, size.mostBytes(taken));
  }

  @Test
  void afterAStallItBeginsAgain() {
    size.full(1_000);
    assertTrue(size.drained(1_200, 5_000_000));
    assertEquals(ReadBuffers.MIDDLE_BYTES, size.mostBytes(5_000_000));
    assertEquals(ReadBuffers.MIDDLE_BYTES, size.mostBytes(5_524_287));
    assertEquals(ReadBuffers.LARGE_BYTES, size.mostBytes(5_524_288));
  }

  @Test
  void aShortWaitIsNoStall() {
    size.full(1_000);
    assertFalse(size.drained(1_100, 5_000_000));
    assertEquals(ReadBuffers.LARGEST_BYTES, size.mostBytes(5_000_000));
  }

  @Test
  void anEndWithoutABeginningIsNoStall() {
    assertFalse(size.drained(1_000_000, 5_000_000));
    size.full(1_000_000);
    assertFalse(size.drained(1_000_000, 5_000_000));
    assertFalse(size.drained(2_000_000, 5_000_000));
    assertEquals(ReadBuffers.LARGEST_BYTES, size.mostBytes(5_000_000));
  }

  @Test
  void aStallLastsFromTheFirstTimeThatTheSocketWasFull() {
    size.full(1_000);
    size.full(1_200);
    assertTrue(size.drained(1_300, 5_000_000));
  }
}
