// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(20)
final class MetricsKeysTest {
  private static final String REST = "listen = '127.0.0.1:1' backends = { '127.0.0.1:2' } ";

  @TempDir private Path directory;

  private Config load(String lua) throws Exception {
    return ConfigLoader.load(Files.writeString(directory.resolve("backends.lua"), lua));
  }

  @Test
  void noHostIsNamedByDefault() throws Exception {
    assertEquals(0, load(REST).topHosts());
    assertEquals(0, load(REST + "metrics = {}").topHosts());
  }

  @Test
  void theNumberOfHostsCanBeSet() throws Exception {
    assertEquals(20, load(REST + "metrics = { top_hosts = 20 }").topHosts());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | metrics: true",
        "{ top_hosts = 101 } | metrics.top_hosts: 101",
        "{ top_hosts = -1 } | metrics.top_hosts: -1",
        "{ top_hosts = 1.5 } | metrics.top_hosts: 1.5",
        "{ top_hosts = '5' } | metrics.top_hosts: \"5\"",
        "{ tophosts = 5 } | metrics.tophosts",
      })
  void aMistakeIsNamed(String table, String problem) {
    var e = assertThrows(ConfigException.class, () -> load(REST + "metrics = " + table));
    assertEquals(1, e.problems().size(), e.problems()::toString);
    assertTrue(e.problems().get(0).contains(problem), e.problems()::toString);
  }
}
