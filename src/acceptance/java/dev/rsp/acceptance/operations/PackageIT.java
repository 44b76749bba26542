// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code mvn package} leaves beside the tree: the Debian package, tar.gz and SBOM. */
@Timeout(120)
final class PackageIT {
  private static final Path TARGET =
      Path.of(System.getProperty("rsp.home")).toAbsolutePath().resolveSibling("");

  private static final String SBOM = ".cdx.json";
  private static final Pattern COMPONENT =
      Pattern.compile(
          "\"purl\" : \"pkg:maven/[^/]*/([^@]*)@([^?]*)\\?(?:classifier=([^&]*)&)?type=jar\"");

  @Test
  void debianPackageInstallsServesReloadsUpgradesAndIsPurged()
      throws IOException, InterruptedException {
    List<String> root = new ArrayList<>();
    if (!System.getProperty("user.name").equals("root")) {
      root.addAll(List.of("sudo", "-n"));
    }
    List<String> mount = new ArrayList<>(root);
    mount.addAll(List.of("unshare", "--mount", "--pid", "--net", "--fork", "true"));
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/dpkg")) && run(mount).status() == 0,
        "neither root nor sudo, or no dpkg");
    List<String> script = new ArrayList<>(root);
    script.addAll(List.of(TARGET.resolveSibling("scripts/package-test").toString(), "--here"));
    Outcome outcome = run(script);
    assertEquals(0, outcome.status(), outcome.text());
    assertTrue(outcome.text().endsWith("package-test: passed in --here\n"), outcome.text());
  }

  private record Outcome(int status, String text) {}

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return new Outcome(127, String.valueOf(e.getMessage()));
    }
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), text);
  }

  private static List<String> files(Path directory) {
    File[] files = directory.toFile().listFiles(File::isFile);
    return files == null
        ? List.of()
        : Arrays.stream(files).map(File::getName).filter(n -> n.startsWith("rsp")).toList();
  }

  @Test
  void shipsOneOfEach() {
    List<String> kinds =
        files(TARGET).stream()
            .map(name -> name.replaceFirst("^rsp[-_][0-9][^_]*?(?=(_all|\\.cdx)?\\.[a-z])", ""))
            .filter(kind -> !kind.equals(SBOM)) // see the next test
            .sorted()
            .toList();
    assertEquals(List.of(".jar", ".tar.gz", "_all.deb"), kinds);
  }

  @Test
  void billOfMaterialsHasEachJarThatShipsAndNoTool() throws IOException {
    List<String> boms = files(TARGET).stream().filter(name -> name.endsWith(SBOM)).toList();
    assumeTrue(!boms.isEmpty(), "CycloneDX's plugin does nothing if Maven is offline");
    String text = Files.readString(TARGET.resolve(boms.get(0)));
    Set<String> listed = new TreeSet<>();
    Matcher component = COMPONENT.matcher(text);
    while (component.find()) {
      String classifier = component.group(3) == null ? "" : "-" + component.group(3);
      listed.add(component.group(1) + "-" + component.group(2) + classifier + ".jar");
    }
    Set<String> shipped = new TreeSet<>();
    try (Stream<Path> jars = Files.list(TARGET.resolve("rsp/lib"))) {
      jars.map(jar -> jar.getFileName().toString())
          .filter(name -> name.endsWith(".jar") && !name.equals("rsp.jar"))
          .forEach(shipped::add);
    }
    assertTrue(shipped.size() > 10, shipped.toString());
    listed.removeIf(name -> name.startsWith("rsp-"));
    assertEquals(shipped, listed);
    assertFalse(text.contains("serialNumber") || text.contains("\"timestamp\""), "reproducible");
  }

  @Test
  void copyrightNamesTheLicenseOfEachJar() throws IOException {
    String text = Files.readString(TARGET.resolveSibling("src/deb/copyright"));
    List<String> named =
        text.lines()
            .filter(line -> line.startsWith("Files: lib/"))
            .map(line -> line.substring("Files: lib/".length()).replace("*", ""))
            .toList();
    assertTrue(named.size() > 5, named.toString());
    try (Stream<Path> jars = Files.list(TARGET.resolve("rsp/lib"))) {
      List<String> missing =
          jars.map(jar -> jar.getFileName().toString())
              .filter(name -> name.endsWith(".jar") && named.stream().noneMatch(name::startsWith))
              .toList();
      assertEquals(List.of(), missing);
    }
  }
}
