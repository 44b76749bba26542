// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The tables in hashing.md match the code; this class also writes them. */
final class HashingDocumentTest {
  private static final Path DOCUMENT = Path.of("src/docs/hashing.md");
  private static final String WRITE = "rsp.write.hashing";
  private static final String BEGIN = "<!-- generated: ";
  private static final String END = "<!-- end -->\n";
  private static final String COMMAND =
      "mvn test -Dtest=HashingDocumentTest -D" + WRITE + "=true rewrites the tables";

  private static final int[] COUNTS = {2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 24, 32, 33, 48, 64};

  @Test
  void theTablesAreWhatTheCodeDoes() throws IOException {
    String document = Files.readString(DOCUMENT);
    String made = document;
    for (Map.Entry<String, String> table :
        Map.of("shares", shares(), "moves", moves(), "case", wrongCase()).entrySet()) {
      made = replaced(made, table.getKey(), table.getValue());
    }
    if (Boolean.getBoolean(WRITE)) {
      Files.writeString(DOCUMENT, made);
    } else {
      assertEquals(made, document, COMMAND);
    }
  }

  private static String replaced(String document, String name, String table) {
    String begin = BEGIN + name + " -->\n";
    int from = document.indexOf(begin);
    assertTrue(from >= 0, "no " + begin);
    int to = document.indexOf(END, from);
    return document.substring(0, from) + begin + "\n" + table + "\n" + document.substring(to);
  }

  /** The highest number of hosts per name, relative to the mean. */
  private static String shares() {
    var rows = new ArrayList<String>();
    rows.add(header("n"));
    for (int n : COUNTS) {
      rows.add(
          n
              + " | "
              + Algorithm.all().stream()
                  .map(a -> String.format(Locale.ROOT, "%.2f", fullest(a, n)))
                  .collect(Collectors.joining(" | ")));
    }
    return table(rows);
  }

  private static double fullest(Algorithm algorithm, int n) {
    Map<String, Long> counts =
        Arrays.stream(algorithm.placed(Keys.live(n)))
            .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
    return (double) Collections.max(counts.values()) * n / Keys.HOSTS.size();
  }

  /** The share of hosts that get another name. */
  private static String moves() {
    List<Weighted> eight = Keys.live(8);
    var rows = new ArrayList<String>();
    rows.add(header("change"));
    rows.add(row("8 → 9, appended", eight, Keys.live(9)));
    rows.add(row("8 → 7, the first goes", eight, eight.subList(1, 8)));
    rows.add(row("8 → 7, the fourth goes", eight, without(eight, 3)));
    rows.add(row("8 → 7, the last goes", eight, Keys.live(7)));
    rows.add(row("8 → 16", eight, Keys.live(16)));
    rows.add(row("8 → 17", eight, Keys.live(17)));
    rows.add(row("4 → 8", Keys.live(4), eight));
    rows.add(row("4 → 9", Keys.live(4), Keys.live(9)));
    rows.add(row("16 → 17, appended", Keys.live(16), Keys.live(17)));
    rows.add(row("8, two change places", eight, swapped(eight)));
    // Tables do not depend on addresses.
    rows.add(row("8, an address changes", eight, Keys.live(8)));
    List<Weighted> ten = weights(10);
    rows.add(row("8, a weight of 10 becomes 5", ten, replaced(ten, 5)));
    rows.add(row("8, a weight of 10 becomes 20", ten, replaced(ten, 20)));
    return table(rows);
  }

  private static String row(String change, List<Weighted> before, List<Weighted> after) {
    return change
        + " | "
        + Algorithm.all().stream()
            .map(a -> percent(Keys.moved(a.placed(before), a.placed(after))))
            .collect(Collectors.joining(" | "));
  }

  private static List<Weighted> without(List<Weighted> list, int at) {
    List<Weighted> fewer = new ArrayList<>(list);
    fewer.remove(at);
    return fewer;
  }

  private static List<Weighted> swapped(List<Weighted> list) {
    List<Weighted> other = new ArrayList<>(list);
    Collections.swap(other, 1, 5);
    return other;
  }

  private static List<Weighted> weights(int weight) {
    return Keys.live(8).stream().map(one -> new Weighted(one.name(), weight)).toList();
  }

  private static List<Weighted> replaced(List<Weighted> list, int weight) {
    List<Weighted> other = new ArrayList<>(list);
    other.set(2, new Weighted(list.get(2).name(), weight));
    return other;
  }

  /** The share of hosts that keep their index if their first letter is upper case. */
  private static String wrongCase() {
    var rows = new ArrayList<String>();
    rows.add(
        "n | " + IntStream.of(COUNTS).mapToObj(n -> "" + n).collect(Collectors.joining(" | ")));
    for (Algorithm a : Algorithm.overCounts().subList(0, 3)) {
      rows.add(
          "`"
              + a.name()
              + "` | "
              + IntStream.of(COUNTS).mapToObj(n -> kept(a, n)).collect(Collectors.joining(" | ")));
    }
    return table(rows);
  }

  private static String kept(Algorithm algorithm, int n) {
    var index = algorithm.over(Keys.live(n));
    long same =
        Keys.HOSTS.stream()
            .filter(
                host -> {
                  byte[] upper = host.clone();
                  upper[0] = (byte) Character.toUpperCase(upper[0]);
                  return index.applyAsInt(host) == index.applyAsInt(upper);
                })
            .count();
    return percent(Math.toIntExact(same));
  }

  private static String percent(int hosts) {
    return String.format(Locale.ROOT, "%.1f%%", 100.0 * hosts / Keys.HOSTS.size());
  }

  private static String header(String first) {
    return first
        + " | "
        + Algorithm.all().stream()
            .map(a -> "`" + a.name() + "`")
            .collect(Collectors.joining(" | "));
  }

  private static String table(List<String> rows) {
    int columns = rows.get(0).split("\\|", -1).length;
    var table = new StringBuilder("| " + rows.get(0) + " |\n|---");
    table.append("|---:".repeat(columns - 1)).append("|\n");
    rows.stream().skip(1).forEach(row -> table.append("| ").append(row).append(" |\n"));
    return table.toString();
  }
}
