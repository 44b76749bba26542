// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What linters of container files demand, for the image that Containerfile makes. */
@Timeout(10)
final class ContainerfileTest {
  private static final Path FILE = Path.of("src/container/Containerfile");
  private static final Pattern COMMENT = Pattern.compile("(?m)^#.*\\R");
  private static final Pattern CONTINUED = Pattern.compile("\\\\\\R\\s*");
  private static final Pattern EXEC_FORM = Pattern.compile("\\[\"[^\"]+\"(?:, \"[^\"]+\")*\\]");

  /** Those of Dockerfile's reference, without the deprecated MAINTAINER. */
  private static final Set<String> KNOWN =
      Set.of(
          "ADD",
          "ARG",
          "CMD",
          "COPY",
          "ENTRYPOINT",
          "ENV",
          "EXPOSE",
          "FROM",
          "HEALTHCHECK",
          "LABEL",
          "ONBUILD",
          "RUN",
          "SHELL",
          "STOPSIGNAL",
          "USER",
          "VOLUME",
          "WORKDIR");

  private record Instruction(String name, String arguments) {}

  private static List<Instruction> instructions() throws IOException {
    String text = COMMENT.matcher(Files.readString(FILE)).replaceAll("");
    return CONTINUED
        .matcher(text)
        .replaceAll("")
        .lines()
        .filter(line -> !line.isBlank())
        .map(
            line -> {
              int blank = line.indexOf(' ');
              return new Instruction(line.substring(0, blank), line.substring(blank + 1).strip());
            })
        .toList();
  }

  private static String only(String name) throws IOException {
    List<Instruction> found =
        instructions().stream().filter(each -> each.name().equals(name)).toList();
    assertEquals(1, found.size(), name + ": " + found);
    return found.get(0).arguments();
  }

  @Test
  void hasOnlyKnownInstructions() throws IOException {
    List<Instruction> all = instructions();
    assertTrue(all.size() > 5, all.toString());
    for (Instruction each : all) {
      assertTrue(KNOWN.contains(each.name()), each.toString());
      assertEquals(each.name().toUpperCase(Locale.ROOT), each.name());
    }
  }

  @Test
  void beginsWithJavaOfAFixedVersion() throws IOException {
    assertEquals("FROM", instructions().get(0).name());
    String base = only("FROM");
    assertTrue(base.matches("[a-z/-]+:(?:17|21|25)-jre(?:-[a-z]+)?"), base);
  }

  @Test
  void runsAsAUserThatIsNotRoot() throws IOException {
    String user = only("USER");
    assertTrue(user.matches("[1-9][0-9]*:[1-9][0-9]*"), user);
    List<String> names = instructions().stream().map(Instruction::name).toList();
    assertTrue(names.indexOf("USER") > names.lastIndexOf("RUN"), "RUN needs root: " + names);
    assertTrue(names.indexOf("USER") < names.indexOf("ENTRYPOINT"), names.toString());
  }

  @Test
  void signalsReachRspWithoutAShellInBetween() throws IOException {
    for (String name : List.of("ENTRYPOINT", "CMD")) {
      String arguments = only(name);
      assertTrue(EXEC_FORM.matcher(arguments).matches(), arguments);
    }
    assertEquals("SIGTERM", only("STOPSIGNAL"));
  }

  @Test
  void copiesTheTreeAndStartsItsLauncher() throws IOException {
    assertEquals(". /usr/share/rsp", only("COPY"));
    assertEquals("[\"/usr/share/rsp/bin/rsp\"]", only("ENTRYPOINT"));
    assertTrue(Files.exists(Path.of("src/launcher/bin/rsp")));
    // The context is the tree that ships, so nothing else is sent to the engine.
    String command = "podman build --tag rsp --file " + FILE + " target/rsp";
    assertTrue(Files.readString(FILE).contains(command));
    assertTrue(Files.readString(Path.of("src/docs/install.md")).contains(command));
  }

  @Test
  void installsNothingFromTheNetwork() throws IOException {
    for (Instruction each : instructions()) {
      assertFalse(each.name().equals("ADD"), "COPY is explicit: " + each);
      assertFalse(each.arguments().contains("://"), each.toString());
      assertFalse(each.arguments().contains("apt"), each.toString());
    }
  }

  @Test
  void workingDirectoryIsAbsoluteAndPortNeedsNoPrivilege() throws IOException {
    assertTrue(only("WORKDIR").startsWith("/"));
    assertTrue(Integer.parseInt(only("EXPOSE")) >= 1024);
  }
}
