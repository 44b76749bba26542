// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import org.luaj.vm2.LuaValue;

/**
 * A key whose value is a number in a range.
 *
 * @param ifAbsent its value where the file does not set it
 * @param unit what it counts, as a problem names it
 */
record NumberKey(String name, double ifAbsent, double least, double most, String unit) {
  /** A day: longer waits than that are a mistake in the unit. */
  private static final double MAX_SECONDS = 86_400;

  static NumberKey seconds(String name, int ifAbsent) {
    return new NumberKey(name, ifAbsent, 0.001, MAX_SECONDS, "seconds");
  }

  static NumberKey count(String name, int ifAbsent, int least, long most, String unit) {
    return new NumberKey(name, ifAbsent, least, most, unit);
  }

  /** The value that the file gives, or the one if absent. Adds a problem if it is out of range. */
  double read(KeyPath path, LuaValue value, Problems problems) {
    if (value.isnil()) {
      return ifAbsent;
    }
    // Not isnumber(): that takes "10" for a number as well, and "1O" for none.
    if (value.type() != LuaValue.TNUMBER || !allows(value.todouble())) {
      problems.add(path, value, expected());
      return ifAbsent;
    }
    return value.todouble();
  }

  boolean allows(double number) {
    // Written so that NaN is refused: it compares to nothing.
    return number >= least && number <= most && (!whole() || number == Math.rint(number));
  }

  private boolean whole() {
    return !unit.equals("seconds");
  }

  private String expected() {
    return whole()
        ? "a whole number of " + unit + " from " + (long) least + " to " + (long) most
        : "a number of " + unit + " from " + least + " to " + (long) most;
  }
}
