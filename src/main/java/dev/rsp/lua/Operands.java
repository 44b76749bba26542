// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/**
 * Makes instructions give Lua 5.2's results where LuaJ's differ: before the instruction it replaces
 * operands in registers, and before the next one it restores those that are variables.
 *
 * <p>An instruction whose operands it has replaced cannot fail, and calls nothing, so the next one
 * is of the same function.
 */
final class Operands {
  private static final int NONE = -1;

  private final Meter meter;
  private boolean pending;
  private int first = NONE;
  private int second = NONE;
  private LuaValue firstValue = LuaValue.NIL;
  private LuaValue secondValue = LuaValue.NIL;

  Operands(Meter meter) {
    this.meter = meter;
  }

  /** Whether {@link #restore} has something to do before the next instruction. */
  boolean isPending() {
    return pending;
  }

  /** Forgets what the end of a call left. */
  void clear() {
    pending = false;
    first = NONE;
    second = NONE;
  }

  /** Restores registers, or sets the result of the instruction before. */
  void restore(LuaStack.Frame frame) {
    if (second != NONE) {
      frame.register(second, secondValue);
    }
    if (first != NONE) {
      frame.register(first, firstValue);
    }
    clear();
  }

  /**
   * Replaces strings by numbers for an arithmetic instruction.
   *
   * @param target the register of the result
   * @param tag the metamethod that is called for other values
   */
  void compute(LuaStack.Frame frame, int target, int b, int c, LuaValue tag) {
    LuaValue one = frame.operand(b);
    LuaValue other = frame.operand(c);
    LuaValue left = number(one);
    LuaValue right = number(other);
    if (left != null && right != null) {
      replace(frame, b, left, target);
      if (c != b) {
        replace(frame, c, right, target);
      }
    } else if (tag.raweq(LuaValue.UNM) && !one.metatag(tag).isnil()) {
      negate(frame, target, b, one);
    } else if (one.metatag(tag).isnil() && other.metatag(tag).isnil()) {
      boolean isLeft = left == null;
      throw failure(frame, "perform arithmetic on", isLeft ? one : other, isLeft ? b : c);
    }
  }

  /** Lua passes the operand twice, LuaJ once. */
  private void negate(LuaStack.Frame frame, int target, int register, LuaValue value) {
    LuaValue result = value.metatag(LuaValue.UNM).call(value, value);
    replace(frame, register, LuaValue.ZERO, target);
    second = target;
    secondValue = result;
    pending = true;
  }

  /** Replaces a string in a temporary register, for a loop, by the number if it is one. */
  void replaceNumeral(LuaStack.Frame frame, int register) {
    LuaValue number = number(frame.register(register));
    if (number != null) {
      frame.register(register, number);
    } else if (frame.register(register) instanceof LuaString) {
      frame.register(register, LuaValue.FALSE); // LuaJ takes some strings that are no numerals
    }
  }

  /** Joins values if LuaJ's result would differ. The registers are temporary. */
  void concatenate(LuaStack.Frame frame, int target, int from, int to) {
    LuaValue result = frame.register(to);
    for (int i = to - 1; i >= from; i--) {
      LuaValue left = frame.register(i);
      if (left.isstring() && result.isstring()) {
        LuaString start = NumberText.of(left, meter);
        LuaString end = NumberText.of(result, meter);
        if (i < to - 1) {
          meter.allocate((long) start.m_length + end.m_length);
        }
        result = start.concat(end);
      } else {
        LuaValue handler = left.metatag(LuaValue.CONCAT);
        handler = handler.isnil() ? result.metatag(LuaValue.CONCAT) : handler;
        if (handler.isnil()) {
          boolean isLeft = !left.isstring();
          int register = isLeft ? i : i + 1;
          throw failure(frame, "concatenate", isLeft ? left : result, register);
        }
        result = handler.call(left, result);
      }
    }
    for (int i = from; i <= to; i++) {
      frame.register(i, LuaValue.EMPTYSTRING);
    }
    first = target;
    firstValue = result;
    pending = true;
  }

  /**
   * Compares values if LuaJ's result would differ, and replaces them by some that give the same.
   */
  void compare(LuaStack.Frame frame, int b, int c, boolean orEqual) {
    LuaValue one = frame.operand(b);
    LuaValue other = frame.operand(c);
    if (one instanceof LuaString x && other instanceof LuaString y) {
      meter.scan((long) x.m_length + y.m_length);
      if (x.lt_b(y) == (Comparison.compare(x, y) < 0)) {
        return;
      }
    }
    boolean result = orEqual ? Comparison.isLessOrEqual(one, other) : Comparison.isLess(one, other);
    replace(frame, isRegister(b) ? b : c, result ? Verdict.TRUE : Verdict.FALSE, NONE);
  }

  private @Nullable LuaValue number(LuaValue value) {
    if (value instanceof LuaNumber) {
      return value;
    }
    if (value instanceof LuaString text) {
      meter.charge(Meter.NUMBER_INSTRUCTIONS);
      meter.scan(text.m_length);
      double number = Numerals.parse(text);
      return Double.isNaN(number) ? null : LuaValue.valueOf(number);
    }
    return null;
  }

  private void replace(LuaStack.Frame frame, int register, LuaValue value, int target) {
    if (!isRegister(register)
        || (value instanceof LuaNumber && frame.register(register) instanceof LuaNumber)) {
      return;
    }
    if (register != target) {
      if (first == NONE) {
        first = register;
        firstValue = frame.register(register);
      } else {
        second = register;
        secondValue = frame.register(register);
      }
      pending = true;
    }
    frame.register(register, value);
  }

  private static boolean isRegister(int operand) {
    return operand <= 0xff;
  }

  private static LuaError failure(
      LuaStack.Frame frame, String action, LuaValue value, int operand) {
    String name =
        isRegister(operand) ? SourceName.ofValue(frame.prototype(), frame.pc(), operand) : "";
    String type = value.typename();
    return new LuaError(
        "attempt to "
            + action
            + " "
            + (name.isEmpty() ? "a " + type + " value" : name + " (a " + type + " value)"));
  }
}
