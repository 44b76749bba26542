// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tests that belong to a change.
 *
 * @param first the changed tests, and those named after a changed class: all of them run
 * @param then tests that name a changed class, and then the others of its package, each from the
 *     quickest on: they run while there is time
 */
record TestChoice(Set<Source> first, Set<Source> then) {
  /** What a test is supposed to take that did not run here before. */
  static final long UNKNOWN_MILLIS = 500;

  /** Chooses among all files, by what a test took when it ran here last. */
  static TestChoice of(
      Collection<Source> changed, List<Source> all, Map<String, Long> millisByClass) {
    Comparator<Source> quickestFirst =
        Comparator.comparing(test -> millisByClass.getOrDefault(test.className(), UNKNOWN_MILLIS));
    List<Source> tests = all.stream().filter(Source::isTest).sorted(quickestFirst).toList();
    Set<String> changedTests =
        changed.stream().map(source -> source.simpleName() + "Test").collect(Collectors.toSet());
    Set<Source> first = new LinkedHashSet<>();
    changed.stream().filter(Source::isTest).forEach(first::add);
    tests.stream().filter(test -> changedTests.contains(test.simpleName())).forEach(first::add);
    Users users = new Users(tests);
    Set<Source> then =
        changed.stream()
            .flatMap(source -> users.of(source).stream())
            .sorted(quickestFirst)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    Set<String> packages = changed.stream().map(Source::packageName).collect(Collectors.toSet());
    tests.stream().filter(test -> packages.contains(test.packageName())).forEach(then::add);
    then.removeAll(first);
    return new TestChoice(first, then);
  }
}
