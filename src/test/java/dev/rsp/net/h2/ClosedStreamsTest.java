// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which of the closed streams are remembered. */
@Timeout(10)
final class ClosedStreamsTest {
  private final ClosedStreams closed = new ClosedStreams();

  @Test
  void theLastOnesAreRememberedAsTheyEnded() {
    int streams = 3 * ClosedStreams.REMEMBERED;
    for (int count = 1; count <= streams; count++) {
      closed.add(2 * count - 1, count % 3 == 0);
      for (int other = 1; other <= count + 1; other++) {
        boolean kept = other <= count && other > count - ClosedStreams.REMEMBERED;
        boolean reset = other % 3 == 0;
        String which = "stream " + other + " after " + count;
        assertEquals(kept && reset, closed.wasReset(2 * other - 1), which);
        assertEquals(kept && !reset, closed.hasEnded(2 * other - 1), which);
      }
    }
  }

  @Test
  void aStreamThatWasNeverOpenIsNotRemembered() {
    assertEquals(false, closed.hasEnded(1));
    closed.add(1, false);
    assertEquals(false, closed.hasEnded(3));
    assertEquals(false, closed.wasReset(3));
  }
}
