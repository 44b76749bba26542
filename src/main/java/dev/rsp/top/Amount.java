// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.util.Locale;

/** Writes numbers with at most six characters, so that columns stay narrow. */
final class Amount {
  private static final String NONE = "-";
  private static final String[] THOUSANDS = {"", "k", "M", "G", "T", "P", "E"};

  private Amount() {}

  /** A count: 9999, 12.3k, 4.5M; a dash for NaN. */
  static String count(double value) {
    return value < 10_000 ? whole(value) : scaled(value, 1000);
  }

  /** A number of bytes in powers of 1024: 512, 1.5k, 3.2G. */
  static String bytes(double value) {
    return value < 1024 ? whole(value) : scaled(value, 1024);
  }

  /** A rate, or milliseconds: one decimal below 100. */
  static String decimal(double value) {
    return value < 100 ? String.format(Locale.ROOT, "%.1f", value) : count(value);
  }

  /** A part of one, in percent. */
  static String percent(double value) {
    return Double.isNaN(value) ? NONE : String.format(Locale.ROOT, "%.1f%%", value * 100);
  }

  /** All digits of a whole number. */
  static String plain(double value) {
    return Double.isNaN(value) ? NONE : whole(value);
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }

  private static String scaled(double value, int base) {
    if (Double.isNaN(value)) {
      return NONE;
    }
    double rest = value;
    int power = 0;
    // Not 1000, which "%.0f" would make of 999.6.
    while (rest >= base - 0.5 && power < THOUSANDS.length - 1) {
      rest /= base;
      power++;
    }
    return String.format(Locale.ROOT, rest < 100 ? "%.1f%s" : "%.0f%s", rest, THOUSANDS[power]);
  }
}
