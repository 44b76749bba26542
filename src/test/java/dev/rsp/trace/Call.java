// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import java.util.List;

/**
 * One call of a method or constructor.
 *
 * @param stack the frames of traced classes on the stack, outermost first; the last one is the call
 */
record Call(List<Frame> stack) {
  /**
   * @param type the class that declares the method, with its package
   * @param method the method's name; {@code new} for a constructor
   */
  record Frame(String type, String method) {
    /** The outermost class around {@link #type}. */
    String owner() {
      int nested = type.indexOf('$');
      return nested < 0 ? type : type.substring(0, nested);
    }

    /** As {@code Class.method}; a nested class and its package are left out. */
    String shortName() {
      String owner = owner();
      return owner.substring(owner.lastIndexOf('.') + 1) + "." + method;
    }
  }

  Call {
    stack = List.copyOf(stack);
  }

  Frame frame() {
    return stack.get(stack.size() - 1);
  }

  int depth() {
    return stack.size();
  }

  /** Whether the caller is a method of another traced class. */
  boolean crossesBoundary() {
    return depth() > 1 && !stack.get(depth() - 2).owner().equals(frame().owner());
  }

  /** Whether the class is already on the stack, with another traced class in between. */
  boolean isReentry() {
    return crossesBoundary()
        && stack.subList(0, depth() - 2).stream()
            .anyMatch(frame -> frame.owner().equals(frame().owner()));
  }
}
