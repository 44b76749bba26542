// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The slots as lines of text: what serves, the sums, and a line for each slot. Columns are as wide
 * as their longest text; those of the least use are left out until the rest fits.
 */
public final class SlotTable {
  /** A width in which each column fits, for a file or a pipe. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  private static final String GAP = "  ";

  private final Sample sample;
  private final SortOrder order;
  private final int width;
  private final Style style;

  /**
   * A table.
   *
   * @param width at most so many columns of characters in each line
   */
  public SlotTable(Sample sample, SortOrder order, int width, Style style) {
    this.sample = sample;
    this.order = order;
    this.width = width;
    this.style = style;
  }

  /** What runs there, and its sums. */
  public List<String> head() {
    JsonObject status = sample.status();
    JsonObject total = sample.total();
    JsonObject classes = total.object("status");
    JsonObject latency = total.object("latency_ms");
    List<String> lines = new ArrayList<>();
    lines.add(
        "rsp %s  pid %s  %s  generation %s since %s  file %s"
            .formatted(
                status.text("version"),
                Amount.plain(status.number("pid")),
                Boolean.TRUE.equals(status.members().get("serving")) ? "serves" : "stops",
                Amount.plain(status.number("generation")),
                seconds(status.text("since")),
                status.text("file")));
    lines.add(
        "connections %s  in flight %s  requests/s %s  requests %s  2xx %s  3xx %s  4xx %s  5xx %s"
            .formatted(
                Amount.count(status.number("connections")),
                Amount.count(total.number("in_flight")),
                Column.RATE.text(total),
                Amount.count(total.number("requests")),
                Amount.count(classes.number("2xx")),
                Amount.count(classes.number("3xx")),
                Amount.count(classes.number("4xx")),
                Amount.count(classes.number("5xx"))));
    lines.add(
        "ms p50 %s  p95 %s  p99 %s  bytes in %s  out %s  hosts %s"
            .formatted(
                Amount.decimal(latency.number("p50")),
                Amount.decimal(latency.number("p95")),
                Amount.decimal(latency.number("p99")),
                Amount.bytes(total.number("bytes_in")),
                Amount.bytes(total.number("bytes_out")),
                Amount.count(total.number("hosts"))));
    lines.replaceAll(this::cut);
    return lines;
  }

  /** The titles, and a line for each slot. */
  public List<String> rows() {
    List<JsonObject> slots = order.sorted(sample.slots());
    Map<Column, Integer> widths = widths(slots);
    List<String> lines = new ArrayList<>();
    var titles = new StringBuilder();
    widths.forEach((column, most) -> titles.append(cell(column, column.title(), most)));
    lines.add(style.title(cut(titles.toString().stripTrailing())));
    for (JsonObject slot : slots) {
      lines.add(row(slot, widths));
    }
    return lines;
  }

  private String row(JsonObject slot, Map<Column, Integer> widths) {
    var line = new StringBuilder();
    int left = width;
    for (Map.Entry<Column, Integer> one : widths.entrySet()) {
      Column column = one.getKey();
      String cell = cell(column, column.text(slot), one.getValue());
      String part = cell.length() > left ? cell.substring(0, left) : cell;
      left -= part.length();
      line.append(column == Column.STATE ? style.state(part, slot.text("state")) : part);
    }
    return line.toString().stripTrailing();
  }

  /** The columns that fit, with their widths. */
  private Map<Column, Integer> widths(List<JsonObject> slots) {
    Map<Column, Integer> widths = new EnumMap<>(Column.class);
    for (Column column : Column.values()) {
      int most = column.title().length();
      for (JsonObject slot : slots) {
        most = Math.max(most, column.text(slot).length());
      }
      widths.put(column, most);
    }
    List<Column> leastUseFirst =
        Arrays.stream(Column.values())
            .sorted(Comparator.comparingInt(Column::rank).reversed())
            .toList();
    for (Column column : leastUseFirst) {
      if (sum(widths) <= width) {
        break;
      }
      if (column != Column.SLOT && column != order.column()) {
        widths.remove(column);
      }
    }
    return widths;
  }

  private static long sum(Map<Column, Integer> widths) {
    long sum = -GAP.length();
    for (int one : widths.values()) {
      sum += one + GAP.length();
    }
    return sum;
  }

  private static String cell(Column column, String text, int width) {
    String blanks = " ".repeat(width - text.length());
    String gap = column == Column.SLOT ? "" : GAP;
    return column.isText() ? gap + text + blanks : gap + blanks + text;
  }

  private String cut(String line) {
    return line.length() <= width ? line : line.substring(0, width);
  }

  /** A time of ISO 8601 without parts of a second. */
  private static String seconds(String time) {
    return time.replaceFirst("\\.\\d+Z$", "Z");
  }
}
