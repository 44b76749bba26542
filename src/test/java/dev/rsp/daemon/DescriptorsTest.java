// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DescriptorsTest {
  @Test
  void aLimitBelowWhatTheConnectionsNeedIsAWarningWithBothNumbers() {
    assertNull(Descriptors.warning(20_000, 2, 41_330));
    assertEquals(
        "too few descriptors for limits.connections = 20000: 41330 may be needed, and this process"
            + " may open 41329. Raise the limit (LimitNOFILE, ulimit -n), or lower"
            + " limits.connections",
        Descriptors.warning(20_000, 2, 41_329));
  }

  @Test
  void theLimitIsReadFromTheKernelsText() {
    String line = "Max open files            1024                 524288               files     ";
    assertEquals(1024, Descriptors.allowed(List.of("Limit  Soft Limit", line)));
    assertEquals(
        Long.MAX_VALUE, Descriptors.allowed(List.of(line.replace("1024     ", "unlimited"))));
    assertEquals(Long.MAX_VALUE, Descriptors.allowed(List.of()));
  }
}
