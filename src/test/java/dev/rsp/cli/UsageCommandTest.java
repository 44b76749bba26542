// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What {@code rsp usage} prints of files. */
@Timeout(60)
final class UsageCommandTest {
  private static final String HEADER = "host,requests,bytes_in,bytes_out,backend_seconds\n";

  @TempDir private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws IOException {
    put("2026-11-27T09.csv", "a,1,2,300,4.500000\nb,9,9,9,0.100000\n*,4,4,4,4.000000\n");
    put("2026-11-27T10.csv", "a,5,6,7,8.000000\n");
    put("2026-11-27T12.csv.running", "c,2,1,1,1.000000\na,1,1,1,1.000000\n");
    Files.writeString(directory.resolve("notes.txt"), "x");
  }

  private void put(String name, String rows) throws IOException {
    Files.writeString(directory.resolve(name), HEADER + rows);
  }

  private int run(String... arguments) {
    PrintStream before = System.out;
    PrintStream beforeErr = System.err;
    out.reset();
    err.reset();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      var command = new CommandLine(new UsageCommand());
      Converters.addTo(command);
      return command.execute(arguments);
    } finally {
      System.setOut(before);
      System.setErr(beforeErr);
    }
  }

  private int runInFolder(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add(directory.toString());
    return run(all.toArray(String[]::new));
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theHostsWithTheMostRequestsComeFirstThenTheOthersAndTheTotal() {
    assertEquals(0, runInFolder());
    assertEquals(
        """
        2026-11-27T09:00:00Z to 2026-11-27T13:00:00Z, 3 file(s)
        host                                 requests  bytes_in  bytes_out  backend_seconds
        b                                           9         9          9            0.100
        a                                           7         9        308           13.500
        c                                           2         1          1            1.000
        * (hosts without sums of their own)         4         4          4            4.000
        total of 3 host(s)                         22        23        322           18.600
        """,
        printed());
  }

  @ParameterizedTest
  @CsvSource({"requests,b", "bytes,a", "time,a"})
  void byChoosesTheOrderAndTopHowMany(String by, String first) {
    assertEquals(0, runInFolder("--top", "1", "--by", by));
    assertTrue(printed().lines().skip(2).findFirst().orElse("").startsWith(first + " "), printed());
    assertEquals(5, printed().lines().count(), printed());
  }

  @Test
  void sinceAndUntilChooseWholeHours() {
    assertEquals(0, runInFolder("--since", "2026-11-27T10:59", "--until", "2026-11-27T12:00Z"));
    assertEquals(
        """
        2026-11-27T10:00:00Z to 2026-11-27T11:00:00Z, 1 file(s)
        host                requests  bytes_in  bytes_out  backend_seconds
        a                          5         6          7            8.000
        total of 1 host(s)         5         6          7            8.000
        """,
        printed());
    assertEquals(1, runInFolder("--since", "2026-11-28"));
    assertEquals(
        "no usage in these hours; there are files for 2026-11-27T09:00:00Z to"
            + " 2026-11-27T13:00:00Z\n",
        complained());
  }

  @Test
  void aHostHasItsHoursInAnySpelling() {
    assertEquals(0, runInFolder("--host", "A.:80"));
    assertEquals(
        """
        a
        2026-11-27T09:00:00Z to 2026-11-27T13:00:00Z, 3 file(s)
        hour                  requests  bytes_in  bytes_out  backend_seconds
        2026-11-27T09:00:00Z         1         2        300            4.500
        2026-11-27T10:00:00Z         5         6          7            8.000
        2026-11-27T12:00:00Z         1         1          1            1.000
        total of 3 hour(s)           7         9        308           13.500
        """,
        printed());
  }

  @Test
  void jsonHasTheSameInOneLine() {
    assertEquals(0, runInFolder("--json", "--top", "1"));
    assertEquals(
        "{\"start\":\"2026-11-27T09:00:00Z\",\"end\":\"2026-11-27T13:00:00Z\",\"files\":3,"
            + "\"by\":\"requests\",\"host_count\":3,\"hosts\":[{\"host\":\"b\",\"requests\":9,"
            + "\"bytes_in\":9,\"bytes_out\":9,\"backend_seconds\":0.1}],\"others\":{\"requests\":4,"
            + "\"bytes_in\":4,\"bytes_out\":4,\"backend_seconds\":4.0},\"total\":{\"requests\":22,"
            + "\"bytes_in\":23,\"bytes_out\":322,\"backend_seconds\":18.6}}\n",
        printed());
    assertEquals(0, runInFolder("--json", "--host", "c"));
    assertEquals(
        "{\"start\":\"2026-11-27T09:00:00Z\",\"end\":\"2026-11-27T13:00:00Z\",\"files\":3,"
            + "\"host\":\"c\",\"hours\":[{\"hour\":\"2026-11-27T12:00:00Z\",\"requests\":2,"
            + "\"bytes_in\":1,\"bytes_out\":1,\"backend_seconds\":1.0}],\"total\":{\"requests\":2,"
            + "\"bytes_in\":1,\"bytes_out\":1,\"backend_seconds\":1.0}}\n",
        printed());
  }

  @Test
  void aFileInTwoPathsCountsOnceAndFilesOfTwoFoldersAreAdded() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));
    Files.writeString(other.resolve("2026-11-27T10.csv"), HEADER + "a,1,1,1,1.000000\n");
    String file = directory.resolve("2026-11-27T10.csv").toString();
    assertEquals(0, run(file, file, other.toString()));
    assertTrue(printed().contains("\na                          6 "), printed());
    // A crash may leave both: the complete file has all.
    put("2026-11-27T10.csv.running", "a,4,4,4,4.000000\n");
    assertEquals(0, run(file, file + ".running"));
    assertTrue(printed().contains("\na                          5 "), printed());
  }

  @Test
  void damagedLinesAreNamedAndLeftOut() throws IOException {
    put("2026-11-27T10.csv", "a,1\nb,1,1,1,1.000000\n");
    assertEquals(0, run(directory.resolve("2026-11-27T10.csv").toString()));
    assertEquals("damaged lines left out: 1\n", complained());
    assertTrue(printed().contains("total of 1 host(s)"), printed());
  }

  @Test
  void whatIsNoUsageIsRefused() throws IOException {
    assertEquals(1, run(directory.resolve("notes.txt").toString()));
    assertTrue(complained().contains("notes.txt: not a usage file (expected: "), complained());
    assertEquals(1, run(directory.resolve("none").toString()));
    assertTrue(complained().contains("none: No such file or directory"), complained());
    assertEquals(1, run(Files.createDirectory(directory.resolve("empty")).toString()));
    assertTrue(complained().startsWith("no usage files"), complained());
    Files.writeString(directory.resolve("2026-11-27T10.csv"), "other,columns\n");
    assertEquals(1, runInFolder());
    assertTrue(complained().contains("2026-11-27T10.csv: it is not a usage file"), complained());
    assertEquals(1, runInFolder("--host", "a"));
    assertTrue(complained().contains("2026-11-27T10.csv: it is not a usage file"), complained());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--by=size",
        "--top=0",
        "--top=x",
        "--since=24",
        "--until=2026-13-01",
        "--host=a b"
      })
  void wrongOptionsAreNamedWithWhatIsExpected(String option) {
    assertEquals(2, runInFolder(option));
    String name = option.substring(0, option.indexOf('='));
    assertTrue(complained().contains(name), complained());
  }

  @ParameterizedTest
  @CsvSource({
    "24h, 2026-11-26T12:30:00Z",
    "30m, 2026-11-27T12:00:00Z",
    "7d, 2026-11-20T12:30:00Z",
    "2026-11-01, 2026-11-01T00:00:00Z",
    "2026-11-27T15, 2026-11-27T15:00:00Z",
    "2026-11-27T15:10Z, 2026-11-27T15:10:00Z",
    "2026-11-27T15:10:11Z, 2026-11-27T15:10:11Z"
  })
  void timesAreSoLongAgoOrInUtc(String text, String time) {
    assertEquals(Instant.parse(time), UsageTime.parse(text, Instant.parse("2026-11-27T12:30:00Z")));
    assertNull(UsageTime.parse(text + "x", Instant.EPOCH));
  }
}
