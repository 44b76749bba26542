// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds the circles of a graph: its strongly connected components of two nodes and more, by
 * Tarjan's algorithm.
 */
final class Circles {
  private final Map<String, Set<String>> uses;
  private final Map<String, Integer> indexes = new HashMap<>();
  private final Deque<String> stack = new ArrayDeque<>();
  private final Set<String> onStack = new HashSet<>();
  private final List<Set<String>> found = new ArrayList<>();

  private Circles(Map<String, Set<String>> uses) {
    this.uses = uses;
  }

  /** All circles of a graph, which is given by what each node uses. */
  static List<Set<String>> of(Map<String, Set<String>> uses) {
    var circles = new Circles(uses);
    for (String node : uses.keySet()) {
      if (!circles.indexes.containsKey(node)) {
        circles.visit(node);
      }
    }
    return circles.found;
  }

  private int visit(String node) {
    int index = indexes.size();
    int low = index;
    indexes.put(node, index);
    stack.push(node);
    onStack.add(node);
    for (String used : uses.getOrDefault(node, Set.of())) {
      if (!indexes.containsKey(used)) {
        low = Math.min(low, visit(used));
      } else if (onStack.contains(used)) {
        low = Math.min(low, indexes.getOrDefault(used, index));
      }
    }
    if (low == index) {
      take(node);
    }
    return low;
  }

  /** Takes the component that a node is the first of from the stack. */
  private void take(String first) {
    Set<String> component = new TreeSet<>();
    String node;
    do {
      node = stack.pop();
      onStack.remove(node);
      component.add(node);
    } while (!node.equals(first));
    if (component.size() > 1) {
      found.add(component);
    }
  }
}
