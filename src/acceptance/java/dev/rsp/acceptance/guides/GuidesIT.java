// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.guides;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.guides.Guide.Block;
import dev.rsp.acceptance.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Does what the README, the tour and the guides say, word by word. */
@Timeout(300)
final class GuidesIT {
  private static final Path DOCUMENTS = Path.of("src/docs");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Makes fragments complete. */
  private static final String BASE = "listen = '127.0.0.1:0' backends = { '127.0.0.1:9' } ";

  @TempDir private Path directory;

  static Stream<Path> guides() {
    return Stream.concat(
        Stream.of(Path.of("README.md")),
        Stream.of(GUIDES).map(name -> DOCUMENTS.resolve(name + ".md")));
  }

  private static final String[] GUIDES = {
    "tour", "install", "migrate", "reload", "drain", "upgrade", "incidents", "capacity", "security"
  };

  @ParameterizedTest
  @MethodSource("guides")
  void everyBlockIsRunOrSaysWhyNot(Path file) throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Block block : Guide.read(file).blocks()) {
      boolean known = List.of("sh", "text", "lua", "haproxy", "nginx").contains(block.language());
      boolean plain = block.rest().isEmpty() || block.info().matches("lua [\\w.]+\\.lua");
      if (!block.isExempt() && !(known && plain)) {
        wrong.add(file + ":" + block.line() + ": " + block.info());
      }
    }
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @MethodSource("guides")
  void everyCommandAndConfigurationWorks(Path file) throws IOException {
    Guide guide = Guide.read(file).withFreePorts();
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
            Guide.output(block.text()).matcher(last).find(),
            place + "is not in the output:\n" + last + "\nexpected:\n" + block.text());
      }
    }
    assertEquals(
        0, code, (ran == null ? "" : file + ":" + ran.line() + ": ") + "\n" + last + shell);
  }

  /** The commands of a document; the output of each block goes to a file with its line. */
  private static String script(Guide guide) {
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
      case "lua" ->
          block.rest().isEmpty()
              ? written("fragment.lua", BASE + block.text()) + "rsp check fragment.lua\n"
              : written(block.rest(), block.text()) + "rsp check " + block.rest() + "\n";
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

  private static String written(String name, String text) {
    return "cat > " + name + " << 'END OF FILE'\n" + text + "END OF FILE\n";
  }

  @Test
  void theOutputMustBeWhatTheTextSays() {
    String out = "a\nslot   live1 (index 1)\nb\nc\nd\n";
    assertTrue(Guide.output("slot   live1 (index …)\n…\nd\n").matcher(out).find());
    assertFalse(Guide.output("slot   live2 (index …)\n").matcher(out).find());
    assertFalse(Guide.output("a\nb\n").matcher(out).find());
  }

  @Test
  void aBlockWithoutAReasonIsNotExempt() {
    assertTrue(new Block(1, "sh not run: needs root", "").isExempt());
    assertFalse(new Block(1, "sh not run:", "").isExempt());
    assertFalse(new Block(1, "sh", "").isExempt());
  }
}
