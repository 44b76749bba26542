// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All traced calls of one request, in their order.
 *
 * @param calls the calls
 * @param allClasses how many outermost classes there are in the traced packages
 */
record CallPath(List<Call> calls, int allClasses) {
  CallPath {
    calls = List.copyOf(calls);
  }

  /** How many classes have a call; a nested class is counted with its outermost class. */
  int classes() {
    return (int) calls.stream().map(call -> call.frame().owner()).distinct().count();
  }

  /** How many calls are from one class to another. */
  int crossings() {
    return (int) calls.stream().filter(Call::crossesBoundary).count();
  }

  int maxDepth() {
    return calls.stream().mapToInt(Call::depth).max().orElse(0);
  }

  /** How many calls go back into a class that is on the stack, by {@code Class.method}. */
  Map<String, Integer> reentries() {
    return calls.stream()
        .filter(Call::isReentry)
        .collect(
            Collectors.toMap(
                call -> call.frame().shortName(), call -> 1, Integer::sum, TreeMap::new));
  }

  /** The numbers, in one line. */
  String numbers() {
    int reentries = reentries().values().stream().mapToInt(Integer::intValue).sum();
    return "%d calls, %d of %d classes, %d across a class boundary, %d re-entries, depth %d"
        .formatted(calls.size(), classes(), allClasses, crossings(), reentries, maxDepth());
  }

  /** One line for each call, indented by its depth. Re-entries are marked. */
  String listing() {
    var text = new StringBuilder();
    for (Call call : calls) {
      text.append("  ".repeat(call.depth() - 1))
          .append(call.frame().type().substring("dev.rsp.".length()))
          .append('.')
          .append(call.frame().method())
          .append(call.isReentry() ? "   <- re-entry\n" : "\n");
    }
    return text.toString();
  }
}
