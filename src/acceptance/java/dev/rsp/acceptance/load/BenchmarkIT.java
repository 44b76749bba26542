// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** The benchmark runs: the test checks every response, and no measured number. */
@Isolated("loads or measures the machine")
class BenchmarkIT {
  @TempDir private Path directory;

  @Test
  void measuresRspNextToHaproxyAndCountsNoFailure() throws Exception {
    Path output = directory.resolve("output");
    Path json = directory.resolve("numbers.json");
    Process bench =
        new ProcessBuilder(
                "scripts/bench",
                "--quick",
                "--scenarios",
                "small,close,stalled,logged",
                "--clients",
                "20",
                "--proxies",
                "rsp,haproxy",
                "--rsp",
                System.getProperty("rsp.home"),
                "--json",
                json.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(bench.waitFor(3, TimeUnit.MINUTES), "it ends");
    } finally {
      bench.destroy();
    }
    String printed = Files.readString(output, StandardCharsets.UTF_8);
    assertEquals(0, bench.exitValue(), printed);
    assertTrue(printed.contains("| rsp |"), printed);
    assertTrue(printed.contains("| HAProxy |"), printed);
    assertTrue(printed.contains("20 downloads of 8 MiB that are not read"), printed);
    assertTrue(printed.contains("| 100 of 100 |"), printed);
    assertTrue(printed.contains(" logged: rsp-logged uses "), printed);
    assertTrue(printed.contains(" x rsp's CPU time per request (target: <= 1.08)"), printed);
    assertTrue(Files.size(json) > 0, "the numbers are kept");
  }
}
