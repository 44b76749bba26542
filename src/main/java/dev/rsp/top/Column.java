// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

/** A column of the table of slots, in its order from the left. */
enum Column {
  SLOT("SLOT", 0),
  STATE("STATE", 1),
  ADDRESS("ADDRESS", 9),
  RATE("REQ/S", 2),
  IN_FLIGHT("IN-FLIGHT", 3),
  P50("P50ms", 8),
  P95("P95ms", 5),
  P99("P99ms", 7),
  CLIENT_ERRORS("4XX", 10),
  SERVER_ERRORS("5XX", 4),
  FAILURES("FAILED", 6),
  REQUESTS("REQUESTS", 11),
  SHARE("SHARE", 12),
  HOSTS("HOSTS", 13),
  WEIGHT("WEIGHT", 16),
  BYTES_IN("IN", 15),
  BYTES_OUT("OUT", 14);

  private final String title;
  private final int rank;

  /**
   * A column.
   *
   * @param rank on a narrow terminal the columns with the highest ranks are left out
   */
  Column(String title, int rank) {
    this.title = title;
    this.rank = rank;
  }

  String title() {
    return title;
  }

  int rank() {
    return rank;
  }

  /** The text of a slot, or of the sums, in this column. */
  String text(JsonObject slot) {
    double value = number(slot);
    return switch (this) {
      case SLOT -> slot.text("name");
      case STATE -> state(slot);
      case ADDRESS -> slot.text("address");
      case RATE, P50, P95, P99 -> Amount.decimal(value);
      case SHARE -> Amount.percent(value);
      case BYTES_IN, BYTES_OUT -> Amount.bytes(value);
      case IN_FLIGHT, CLIENT_ERRORS, SERVER_ERRORS, FAILURES, REQUESTS, HOSTS, WEIGHT ->
          Amount.count(value);
    };
  }

  /** The number of a slot in this column, by which rows are sorted; NaN if there is none. */
  double number(JsonObject slot) {
    return switch (this) {
      case SLOT, STATE, ADDRESS -> Double.NaN;
      case RATE -> slot.number("rate");
      case IN_FLIGHT -> slot.number("in_flight");
      case P50 -> slot.object("latency_ms").number("p50");
      case P95 -> slot.object("latency_ms").number("p95");
      case P99 -> slot.object("latency_ms").number("p99");
      case CLIENT_ERRORS -> slot.object("status").number("4xx");
      case SERVER_ERRORS -> slot.object("status").number("5xx");
      case FAILURES -> slot.object("failures").sum();
      case REQUESTS -> slot.number("requests");
      case SHARE -> slot.number("share");
      case HOSTS -> slot.number("hosts");
      case WEIGHT -> slot.number("weight");
      case BYTES_IN -> slot.number("bytes_in");
      case BYTES_OUT -> slot.number("bytes_out");
    };
  }

  /** Whether texts begin at the left, as those that are no numbers. */
  boolean isText() {
    return this == SLOT || this == STATE || this == ADDRESS;
  }

  /** A star says that an operator's override is in force, and not the file. */
  private static String state(JsonObject slot) {
    String file = slot.text("file_state");
    boolean overridden = !file.isEmpty() && !file.equals(slot.text("state"));
    return slot.text("state") + (overridden ? "*" : "");
  }
}
