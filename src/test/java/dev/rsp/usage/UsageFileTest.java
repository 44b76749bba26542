// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading files, whatever has happened to them. */
@Timeout(60)
final class UsageFileTest {
  private static final String HEADER = UsageFile.HEADER + "\n";

  @TempDir private Path directory;

  private final UsageTable table = new UsageTable(UsageTable.newHash(), 100_000);

  /** Adds a file to the table; returns how many lines were damaged. */
  private int read(byte[] file) throws IOException {
    return UsageFolder.addTo(table, Files.write(directory.resolve("f"), file));
  }

  private int read(String file) throws IOException {
    return read(file.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void whatWasWrittenIsReadWithTheLargestValues() throws IOException {
    long most = 999_999_999_999_999_999L;
    byte[] host = "h".repeat(UsageTable.MOST_HOST_BYTES).getBytes(StandardCharsets.US_ASCII);
    var written = new UsageTable(UsageTable.newHash(), 10);
    written.add(host, 0, host.length, most, most, most, 99_999_999_999_999_999L);
    written.addToOthers(1, 2, 3, 4);
    byte[] lines = new byte[2 * UsageFile.MOST_LINE_BYTES];
    int end = UsageFile.put(written, 0, lines, 0);
    assertTrue(end <= UsageFile.MOST_LINE_BYTES, "octets: " + end);
    end = UsageFile.putOthers(written.others(), lines, end);
    String text = new String(lines, 0, end, StandardCharsets.US_ASCII);
    assertEquals(0, read(HEADER + text));
    assertEquals(written.use(0), table.use(0));
    assertEquals(new HostUse("*", 1, 2, 3, 4), table.others());
  }

  @Test
  void aFileThatIsCutAnywhereHasItsWholeLines() throws IOException {
    String file = HEADER + "a,1,2,3,4.000000\nb,5,6,7,8.000000\n";
    int first = file.indexOf("\nb,") + 1;
    for (int cut = HEADER.length(); cut < file.length(); cut++) {
      table.clear();
      int damaged = read(file.substring(0, cut));
      assertEquals(cut < first ? 0 : 1, table.size(), "cut at " + cut);
      assertEquals(cut == HEADER.length() || cut == first ? 0 : 1, damaged, "cut at " + cut);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",1,1,1,1.000000",
        "a",
        "a,1,1,1",
        "a,1,1,1,1",
        "a,1,1,1,1.00000",
        "a,1,1,1,.000000",
        "a,1,1,1,1.000000,",
        "a,-1,1,1,1.000000",
        "a,1,,1,1.000000",
        "a,1,1,1000000000000000000,1.000000",
        "a,1,1,1,1000000000000.000000",
        "a,1,1,1,1.0000x0",
      })
  void aLineThatIsNoRowIsLeftOutAlone(String line) throws IOException {
    assertEquals(1, read(HEADER + line + "\nb,1,1,1,1.000000\n"));
    assertEquals(1, table.size());
    assertEquals(1, table.use("b").requests());
  }

  @Test
  void linesWithoutAnEndCostOneLineAndNoMemory() throws IOException {
    byte[] noise = new byte[1 << 20];
    Arrays.fill(noise, (byte) 'x');
    String text = new String(noise, StandardCharsets.ISO_8859_1);
    assertEquals(2, read(HEADER + text + "\nb,1,1,1,1.000000\n" + "h".repeat(600) + ",1\n"));
    assertEquals(1, table.use("b").requests());
    assertEquals(1, table.size());
    assertThrows(UsageFile.UnknownFormatException.class, () -> read(text));
  }

  @Test
  void manyLinesAreReadWhereverTheBufferEnds() throws IOException {
    var file = new StringBuilder(HEADER);
    for (int i = 0; i < 50_000; i++) {
      file.append("host-").append(i).append(".example,1,2,3,0.000004\n");
    }
    assertEquals(0, read(file.toString()));
    assertEquals(new HostUse("", 50_000, 100_000, 150_000, 200_000), table.total());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host,requests\n", "\n"})
  void withoutTheHeaderItIsNoUsageFile(String file) {
    assertThrows(UsageFile.UnknownFormatException.class, () -> read(file));
  }
}
