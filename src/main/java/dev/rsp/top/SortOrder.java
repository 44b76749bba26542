// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The order of the slots in the table. */
public enum SortOrder {
  /** As in the file. */
  FILE(Column.SLOT),
  /** The most requests a second first. */
  RATE(Column.RATE),
  /** The most requests in flight first. */
  IN_FLIGHT(Column.IN_FLIGHT),
  /** The slowest first, by the 95th percentile. */
  LATENCY(Column.P95),
  /** The most 5xx first. */
  ERRORS(Column.SERVER_ERRORS),
  /** The most failures to get a response first. */
  FAILURES(Column.FAILURES),
  /** The most requests since the start first. */
  REQUESTS(Column.REQUESTS);

  private final Column column;

  SortOrder(Column column) {
    this.column = column;
  }

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The order of that name; null if there is none. */
  public static @Nullable SortOrder of(String label) {
    return Arrays.stream(values())
        .filter(order -> order.label().equals(label))
        .findFirst()
        .orElse(null);
  }

  /** The names of all. */
  public static List<String> labels() {
    return Arrays.stream(values()).map(SortOrder::label).toList();
  }

  SortOrder next() {
    List<SortOrder> all = List.of(values());
    return all.get((all.indexOf(this) + 1) % all.size());
  }

  /** The column that shows it. */
  Column column() {
    return column;
  }

  /** The slots in this order; among equal ones, that of the file. */
  List<JsonObject> sorted(List<JsonObject> slots) {
    if (this == FILE) {
      return slots;
    }
    return slots.stream().sorted(Comparator.comparingDouble(this::number).reversed()).toList();
  }

  /** Slots without a number come last. */
  private double number(JsonObject slot) {
    double number = column.number(slot);
    return Double.isNaN(number) ? Double.NEGATIVE_INFINITY : number;
  }
}
