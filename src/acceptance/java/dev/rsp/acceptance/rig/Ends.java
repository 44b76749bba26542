// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/** Ends what a test class has started. */
public final class Ends {
  private Ends() {}

  /**
   * Closes each of them, in this order, also if an earlier close fails; then fails with all
   * failures.
   *
   * @param started null for what was not started, because an earlier start has failed
   */
  public static void closeAll(@Nullable AutoCloseable... started) {
    Assertions.assertAll(
        Arrays.stream(started).filter(one -> one != null).map(one -> (Executable) one::close));
  }
}
