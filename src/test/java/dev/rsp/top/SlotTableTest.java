// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
final class SlotTableTest {
  private static final Sample THREE =
      TestSample.of(
          List.of(
              TestSample.slot("alpha", "up", 12.34, 3, 9.5),
              TestSample.slot("beta", "drain", 250, 1, null),
              TestSample.slot("gamma", "down", 0, 2, 70.0)));

  private static SlotTable table(SortOrder order, int width) {
    return new SlotTable(THREE, order, width, Style.PLAIN);
  }

  private static List<String> names(SortOrder order) {
    return table(order, 200).rows().stream().skip(1).map(row -> row.split(" ", 2)[0]).toList();
  }

  @Test
  void eachColumnIsAsWideAsItsLongestText() {
    assertEquals(
        List.of(
            "SLOT   STATE   ADDRESS      REQ/S  IN-FLIGHT  P50ms  P95ms  P99ms  4XX  5XX  FAILED"
                + "  REQUESTS  SHARE  HOSTS  WEIGHT    IN   OUT",
            "alpha  up      10.0.0.1:80   12.3          3    1.3    9.5   1234    2    9       5"
                + "      123k  25.0%   1.5M       1  2.0k  3.3G",
            "beta   drain*  10.0.0.1:80    250          1      -      -      -    2    9       5"
                + "      123k  25.0%   1.5M       1  2.0k  3.3G",
            "gamma  down*   10.0.0.1:80    0.0          2    1.3   70.0   1234    2    9       5"
                + "      123k  25.0%   1.5M       1  2.0k  3.3G"),
        table(SortOrder.FILE, SlotTable.UNLIMITED).rows());
  }

  @Test
  void theHeadSaysWhatRunsAndItsSums() {
    assertEquals(
        List.of(
            "rsp 1.2.3  pid 4711  serves  generation 7 since 2026-11-27T15:00:00Z  file"
                + " /etc/rsp/backends.lua",
            "connections 12.3k  in flight 3  requests/s 250  requests 123k  2xx 10.0k  3xx 1  4xx"
                + " 2  5xx 9",
            "ms p50 1.3  p95 12.5  p99 1234  bytes in 2.0k  out 3.3G  hosts 1.5M"),
        table(SortOrder.FILE, SlotTable.UNLIMITED).head());
  }

  @Test
  void aNarrowTerminalGetsTheColumnsOfMostUse() {
    assertEquals(
        "SLOT   STATE   REQ/S  IN-FLIGHT  P95ms  5XX  FAILED",
        table(SortOrder.FILE, 55).rows().get(0));
    assertEquals("SLOT   STATE   REQ/S", table(SortOrder.FILE, 21).rows().get(0));
  }

  @Test
  void theColumnOfTheOrderStays() {
    assertEquals("SLOT   FAILED", table(SortOrder.FAILURES, 14).rows().get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 10, 40, 79, 80, 132, 300})
  void noLineIsLongerThanTheTerminal(int width) {
    SlotTable table = table(SortOrder.FILE, width);
    assertTrue(table.rows().stream().allMatch(line -> line.length() <= width), () -> "" + width);
    assertTrue(table.head().stream().allMatch(line -> line.length() <= width), () -> "" + width);
  }

  @Test
  void theLargestComeFirstAndSlotsWithoutANumberLast() {
    assertEquals(List.of("alpha", "beta", "gamma"), names(SortOrder.FILE));
    assertEquals(List.of("beta", "alpha", "gamma"), names(SortOrder.RATE));
    assertEquals(List.of("alpha", "gamma", "beta"), names(SortOrder.IN_FLIGHT));
    assertEquals(List.of("gamma", "alpha", "beta"), names(SortOrder.LATENCY));
    assertEquals(List.of("alpha", "beta", "gamma"), names(SortOrder.ERRORS));
  }

  @Test
  void coloursDoNotCountAsWidth() {
    var plain = table(SortOrder.FILE, 40).rows();
    var coloured = new SlotTable(THREE, SortOrder.FILE, 40, Style.COLOUR).rows();
    assertTrue(coloured.get(3).contains("\u001b[31m  down* "), () -> coloured.get(3));
    assertEquals(
        plain, coloured.stream().map(line -> line.replaceAll("\u001b\\[\\d+m", "")).toList());
  }

  @Test
  void noColorMeansPlain() {
    assertEquals(Style.COLOUR, Style.of(""));
    assertEquals(Style.PLAIN, Style.of("1"));
  }

  @Test
  void aNameCannotControlTheTerminal() {
    Sample evil =
        TestSample.of(List.of(TestSample.slot("a\u001b[2Jb\u009bc\nd", "up", 1, 1, null)));
    String row = new SlotTable(evil, SortOrder.FILE, 80, Style.PLAIN).rows().get(1);
    assertTrue(row.startsWith("a?[2Jb?c?d  up"), row);
  }

  @Test
  void whatAnOtherVersionLacksIsADash() {
    Sample bare = Sample.of("{}", "{\"slots\":[{\"name\":\"a\"}]}");
    SlotTable table = new SlotTable(bare, SortOrder.LATENCY, 80, Style.PLAIN);
    assertTrue(table.rows().get(1).startsWith("a "), () -> table.rows().get(1));
    assertTrue(table.head().get(0).contains("pid -"), () -> table.head().get(0));
    assertThrows(IllegalArgumentException.class, () -> Sample.of("{}", "{\"slots\":[\"a"));
    assertThrows(IllegalArgumentException.class, () -> Sample.of("no rsp", "{}"));
  }

  @ParameterizedTest
  @CsvSource({
    "9999, 9999",
    "10000, 10.0k",
    "999400, 999k",
    "999999, 1.0M",
    "1500000, 1.5M",
    "2.5e18, 2.5E",
    "0, 0"
  })
  void aCountHasAtMostSixCharacters(double value, String text) {
    assertEquals(text, Amount.count(value));
    assertTrue(text.length() <= 6);
  }

  @Test
  void eachOrderHasANameAndANext() {
    SortOrder order = SortOrder.FILE;
    for (String label : SortOrder.labels()) {
      assertEquals(order, SortOrder.of(label));
      order = order.next();
    }
    assertEquals(SortOrder.FILE, order);
    assertEquals(null, SortOrder.of("no-such"));
    assertFalse(SortOrder.labels().isEmpty());
  }
}
