// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.guides;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import dev.rsp.documents.Document;
import dev.rsp.documents.Document.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Does what the README, the tour, the guides and some references say, word by word. Their
 * configurations are loaded by {@link dev.rsp.documents.DocumentBlocksTest}.
 */
@Timeout(300)
final class GuidesIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  static List<Path> guides() {
    return Document.RUN;
  }

  @ParameterizedTest
  @MethodSource("guides")
  void everyCommandAndConfigurationWorks(Path file) throws IOException {
    Document guide = Document.read(file).in(directory);
    for (String folder : List.of("etc/rsp", "run/rsp", "var/lib/rsp", "var/log/rsp")) {
      Files.createDirectories(directory.resolve(folder));
    }
    Files.writeString(directory.resolve("guide.sh"), script(guide));
    String bin = System.getProperty("rsp.home") + "/bin";
    Program shell =
        Program.start(
            List.of(
                "sh",
                "-c",
                "cd \"$0\" && mkdir work && cd work && sh ../guide.sh",
                directory.toString()),
            Map.of(
                "PATH",
                bin + ":" + System.getenv("PATH") + ":/usr/sbin",
                "HOME",
                directory.toString()));
    int code = shell.awaitExit(PATIENCE);
    String last = "";
    Block ran = null;
    for (Block block : guide.blocks()) {
      Path out = directory.resolve("out." + block.line());
      String place = file + ":" + block.line() + ": ";
      if (Files.exists(out)) {
        ran = block;
        last = Files.readString(out);
      } else if (block.info().equals("text")) {
        assertTrue(
            Document.output(block.text()).matcher(last).find(),
            place + "is not in the output:\n" + last + "\nexpected:\n" + block.text());
      }
    }
    assertEquals(
        0, code, (ran == null ? "" : file + ":" + ran.line() + ": ") + "\n" + last + shell);
  }

  /** The commands of a document; the output of each block goes to a file with its line. */
  private static String script(Document guide) {
    StringBuilder script =
        new StringBuilder(
            "set -eu\ntrap 'jobs -p > ../jobs; kill $(cat ../jobs) 2> /dev/null || :; wait' EXIT\n");
    for (Block block : guide.blocks()) {
      if (!block.isExempt() && !block.language().equals("text")) {
        script.append("exec > ../out.%d 2>&1\n".formatted(block.line()));
        script.append(commands(block));
      }
    }
    return script.toString();
  }

  private static String commands(Block block) {
    return switch (block.language()) {
      case "sh" -> block.text();
      case "lua" -> block.rest().isEmpty() ? "" : written(block);
      case "yaml" -> written(block) + "promtool check config --syntax-only " + block.rest() + "\n";
      case "haproxy" -> written("haproxy.cfg", block.text()) + "haproxy -c -f haproxy.cfg\n";
      case "nginx" ->
          written(
                  "nginx.conf",
                  "events {}\npid nginx.pid;\nerror_log stderr;\nhttp {\naccess_log off;\n"
                      + block.text()
                      + "}\n")
              + "nginx -t -e stderr -p . -c nginx.conf\n";
      default -> throw new AssertionError(block.info());
    };
  }

  private static String written(Block block) {
    String file = written(block.fileName(), block.text());
    return block.isAdded() ? file.replaceFirst("cat >", "cat >>") : file;
  }

  private static String written(String name, String text) {
    return "cat > " + name + " << 'END OF FILE'\n" + text + "END OF FILE\n";
  }
}
