// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
final class LoopShortageTest {
  static Stream<Arguments> shortages() {
    return Stream.of(
        Arguments.of(
            new RuntimeException(
                "failed to allocate memory for io_uring ring; try raising memlock limit (see"
                    + " getrlimit(RLIMIT_MEMLOCK, ...) or ulimit -l): Cannot allocate memory"),
            "LimitMEMLOCK"),
        Arguments.of(
            new RuntimeException("epoll_create() failed: Too many open files"), "LimitNOFILE"),
        Arguments.of(
            new RuntimeException("Too many open files in system (os error)"), "LimitNOFILE"),
        Arguments.of(
            new OutOfMemoryError(
                "unable to create native thread: possibly out of memory or process/resource limits"
                    + " reached"),
            "TasksMax"));
  }

  @ParameterizedTest
  @MethodSource("shortages")
  void aShortageNamesTheLoopAndTheLimitToRaise(Throwable cause, String limit) {
    var wrapped = new IllegalStateException("failed to create a child event loop", cause);
    for (Throwable failure : new Throwable[] {cause, wrapped}) {
      String problem = String.valueOf(LoopShortage.problem(failure, 16, 32));
      String start = "loops: event loop 16 of 32 cannot start: ";
      assertEquals(start, problem.substring(0, start.length()));
      assertEquals(true, problem.contains("Raise the limit (" + limit), problem);
    }
  }

  @Test
  void anotherFailureIsNoShortage() {
    assertNull(LoopShortage.problem(new IllegalStateException("a defect"), 1, 2));
    assertNull(LoopShortage.problem(new OutOfMemoryError("Java heap space"), 1, 2));
  }
}
