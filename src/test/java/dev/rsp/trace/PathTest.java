// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A GET over connections that have served requests before takes a short path from the client's
 * socket to the backend's and back, so that it can be read. {@code scripts/trace} prints it.
 */
@Timeout(120)
final class PathTest {
  /** So many that a newcomer can read them in an hour, with the packages that are not counted. */
  private static final int MAX_CALLS = 90;

  private static final int MAX_CLASSES = 18;

  /**
   * Calls back into a class that is already on the stack, with another class in between. Each is
   * named in architecture.md, under "Calls back".
   */
  private static final Set<String> ALLOWED_REENTRIES = Set.of("BackendConnection.responseEnded");

  private static CallPath path = new CallPath(List.of(), 0);

  @BeforeAll
  static void traceOneRequest() throws Exception {
    path = Tracer.trace();
  }

  @Test
  void beginsWhereTheClientsBytesArrive() {
    assertEquals("channelRead", path.calls().get(0).frame().method());
    assertEquals(1, path.calls().get(0).depth());
  }

  @Test
  void takesNoMoreCallsThanItsBound() {
    assertTrue(path.calls().size() <= MAX_CALLS, path.numbers() + "\n" + path.listing());
  }

  @Test
  void leadsThroughNoMoreClassesThanItsBound() {
    assertTrue(path.classes() <= MAX_CLASSES, path.numbers() + "\n" + path.listing());
  }

  @Test
  void entersNoClassAgainExceptByTheListedCallbacks() {
    assertEquals(ALLOWED_REENTRIES, path.reentries().keySet(), path.listing());
  }

  // How it is counted ----------------------------------------------------------------------------

  @Test
  void aCallWithinItsClassCrossesNoBoundary() {
    assertNumbers(
        "1 calls, 1 of 9 classes, 0 across a class boundary, 0 re-entries, depth 2", "A A");
  }

  @Test
  void aNestedClassIsPartOfItsOwner() {
    assertNumbers(
        "1 calls, 1 of 9 classes, 0 across a class boundary, 0 re-entries, depth 2", "A A$B");
  }

  @Test
  void aCallIntoAClassBelowAnotherIsAReentry() {
    assertNumbers(
        "2 calls, 2 of 9 classes, 2 across a class boundary, 1 re-entries, depth 3",
        "A B",
        "A B A");
    assertEquals(Map.of("A.m", 2), pathOf("A B A", "A B B A$C").reentries());
  }

  @Test
  void aCallWithinAClassThatWasEnteredAgainIsNoOtherReentry() {
    assertEquals(Map.of("A.m", 1), pathOf("A B A", "A B A A").reentries());
  }

  private static void assertNumbers(String numbers, String... stacks) {
    assertEquals(numbers, pathOf(stacks).numbers());
  }

  /** A path of calls, each given by the classes on its stack. */
  private static CallPath pathOf(String... stacks) {
    List<Call> calls =
        Stream.of(stacks)
            .map(stack -> Stream.of(stack.split(" ", -1)))
            .map(types -> new Call(types.map(type -> new Call.Frame(type, "m")).toList()))
            .toList();
    return new CallPath(calls, 9);
  }
}
