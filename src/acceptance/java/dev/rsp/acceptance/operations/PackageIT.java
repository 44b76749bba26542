// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code mvn package} leaves beside the tree: the Debian package, tar.gz and SBOM. */
@Timeout(120)
final class PackageIT {
  private static final Path TARGET =
      Path.of(System.getProperty("rsp.home")).toAbsolutePath().resolveSibling("");

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

  @Test
  void shipsOneOfEach() {
    String[] names = TARGET.toFile().list((directory, name) -> name.startsWith("rsp"));
    List<String> kinds =
        Arrays.stream(names)
            .filter(name -> new File(TARGET.toFile(), name).isFile())
            .map(name -> name.replaceFirst("^rsp[-_][0-9][^_]*?(?=(_all|\\.cdx)?\\.[a-z])", ""))
            .sorted()
            .toList();
    assertEquals(List.of(".cdx.json", ".jar", ".tar.gz", "_all.deb"), kinds);
  }
}
