// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A collection stops all threads, so it must be worth it. */
@Timeout(60)
final class ReadGarbageTest {
  private static final int MIB = 1 << 20;

  private long used;
  private int collections;
  private final ReadGarbage garbage = new ReadGarbage(() -> used, this::collect);

  private void collect() {
    collections++;
    used = 50 * MIB;
  }

  @Test
  void theFirstReadOfVeryManyIsCollected() {
    used = 65 * MIB;
    garbage.collectAfter(10_000);
    assertEquals(1, collections);
  }

  @Test
  void littleGarbageStays() {
    used = 64 * MIB;
    garbage.collectAfter(100_000);
    assertEquals(0, collections);
  }

  @Test
  void fewCertificatesCauseNoCollection() {
    used = 4_000L * MIB;
    garbage.collectAfter(9_999);
    assertEquals(0, collections);
  }

  @Test
  void theNextCollectionWaitsUntilMoreThanTwiceOfWhatIsInUseIsThere() {
    used = 500 * MIB;
    garbage.collectAfter(100_000);
    used = 2 * 50 * MIB + 64 * MIB;
    garbage.collectAfter(100_000);
    assertEquals(1, collections);
    used++;
    garbage.collectAfter(100_000);
    assertEquals(2, collections);
  }
}
