// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds the files that use a class, among all files. */
final class Users {
  private final List<Source> all;

  Users(List<Source> all) {
    this.all = all;
  }

  /**
   * The files that name the class, or whose class files do. Either alone is not enough: the text
   * does not show the type of a {@code var}, and the class file does not show from where a constant
   * was copied.
   */
  List<Source> of(Source used) {
    Pattern inText = Pattern.compile("\\b" + used.simpleName() + "\\b");
    Pattern inClassFile =
        Pattern.compile(Pattern.quote(used.className().replace('.', '/')) + "(?![A-Za-z0-9_])");
    return all.stream()
        .filter(source -> !source.className().equals(used.className()))
        .filter(
            source ->
                inText.matcher(source.text()).find()
                    || inClassFile.matcher(source.classFiles()).find())
        .toList();
  }

  /**
   * What must be compiled again after these files have changed: they, the files that inherit from
   * them, and the users of all those. What only uses a user cannot see the change.
   */
  Set<Source> affectedBy(Collection<Source> changed) {
    Set<Source> changedOrInheriting = new LinkedHashSet<>(changed);
    Set<Source> affected = new LinkedHashSet<>(changed);
    Deque<Source> left = new ArrayDeque<>(changed);
    while (!left.isEmpty()) {
      Source next = left.remove();
      Pattern inherits =
          Pattern.compile(
              "\\b(?:extends|implements)\\b[^{;]*\\b" + Pattern.quote(next.simpleName()) + "\\b");
      for (Source user : of(next)) {
        affected.add(user);
        if (inherits.matcher(user.text()).find() && changedOrInheriting.add(user)) {
          left.add(user);
        }
      }
    }
    return affected;
  }
}
