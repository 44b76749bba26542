// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import org.luaj.vm2.LuaValue;

/**
 * A key whose value is a number in a range.
 *
 * @param defaultValue the value if the file does not set it
 * @param unit the unit for error messages
 */
record NumberKey(String name, double defaultValue, double least, double most, String unit) {
  /** One day: a longer time is probably in the wrong unit. */
  private static final double MAX_SECONDS = 86_400;

  /**
   * So many times the default of a time is more likely milliseconds: 5000 for a default of 60 s. An
   * hour for such a default is usual.
   */
  private static final int UNLIKELY = 80;

  static NumberKey seconds(String name, int defaultValue) {
    return new NumberKey(name, defaultValue, 0.001, MAX_SECONDS, "seconds");
  }

  /** Seconds, of which 0 turns off what they bound. */
  static NumberKey secondsOrNone(String name, int defaultValue) {
    return new NumberKey(name, defaultValue, 0, MAX_SECONDS, "seconds");
  }

  static NumberKey count(String name, int defaultValue, int least, long most, String unit) {
    return new NumberKey(name, defaultValue, least, most, unit);
  }

  /**
   * Reads the value, or returns the default if it is not set. Adds a problem if it is invalid, and
   * a warning if it is a time that seems to be in milliseconds.
   */
  double read(KeyPath path, LuaValue value, Problems problems) {
    if (value.isnil()) {
      return defaultValue;
    }
    // Not isnumber(): that also accepts the string "10".
    if (value.type() != LuaValue.TNUMBER || !allows(value.todouble())) {
      problems.add(path, value, expected());
      return defaultValue;
    }
    if (!isWhole() && defaultValue > 0 && value.todouble() >= UNLIKELY * defaultValue) {
      problems.warn(
          path,
          ValueText.of(value)
              + " are seconds; the default is "
              + ValueText.of(LuaValue.valueOf(defaultValue)));
    }
    return value.todouble();
  }

  boolean allows(double number) {
    // In this form the comparison rejects NaN, for which every comparison is false.
    return number >= least && number <= most && (!isWhole() || number == Math.rint(number));
  }

  private boolean isWhole() {
    return !unit.equals("seconds");
  }

  private String expected() {
    String range = unit + " from " + text(least) + " to " + text(most);
    return isWhole() ? "a whole number of " + range : "a number of " + range;
  }

  /** The range for the reference: {@code 512 to 1048576 bytes}. */
  String range() {
    return text(least) + " to " + text(most) + " " + unit;
  }

  /** A number without a fraction that is zero. */
  static String text(double number) {
    return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
  }
}
