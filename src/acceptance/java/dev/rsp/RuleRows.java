// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Tables of tests whose rows begin with the number of the rule that they show. */
final class RuleRows {
  private RuleRows() {}

  /**
   * The {@link Rule} of a test names the rules of its rows and no other.
   *
   * @param also what every row shows
   */
  static void assertClaimed(Class<?> type, String test, Stream<Arguments> rows, Integer... also) {
    Method method =
        Arrays.stream(type.getDeclaredMethods())
            .filter(each -> each.getName().equals(test) && each.isAnnotationPresent(Rule.class))
            .findFirst()
            .orElseThrow();
    SortedSet<Integer> shown =
        rows.map(row -> (Integer) row.get()[0]).collect(Collectors.toCollection(TreeSet::new));
    shown.addAll(Arrays.asList(also));
    SortedSet<Integer> claimed =
        Arrays.stream(method.getAnnotation(Rule.class).value())
            .boxed()
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(shown, claimed, type.getSimpleName() + "." + test);
  }
}
