// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.trace.TraceSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TraceKeysTest {
  private static final String REST = "listen = '127.0.0.1:1' backends = { '127.0.0.1:2' } ";

  @TempDir private Path directory;

  private Config load(String lua) throws Exception {
    return ConfigLoader.load(Files.writeString(directory.resolve("backends.lua"), lua));
  }

  @Test
  void anEndpointIsEnough() throws Exception {
    assertEquals(
        new TraceSettings("http://127.0.0.1:4318/v1/traces", 0.01, "rsp"),
        load(REST + "traces = { endpoint = 'http://127.0.0.1:4318/v1/traces' }").traces());
  }

  @Test
  void allCanBeSet() throws Exception {
    assertEquals(
        new TraceSettings("https://c.example/v1/traces", 0.5, "edge-1"),
        load(REST
                + "traces = { endpoint = 'https://c.example/v1/traces', sample = 0.5,"
                + " service = 'edge-1' }")
            .traces());
  }

  @Test
  void thereAreNoneByDefault() throws Exception {
    assertEquals(null, load(REST).traces());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "true | traces: true (expected: a table such as",
        "{} | traces.endpoint: not set (expected: the URL of a collector",
        "{ endpoint = 'ftp://a/' } | traces.endpoint: \"ftp://a/\"",
        "{ endpoint = 'http:///v1' } | traces.endpoint: \"http:///v1\"",
        "{ endpoint = 'http://u:p@a/' } | traces.endpoint: ",
        "{ endpoint = 'http://a/#b' } | traces.endpoint: ",
        "{ endpoint = 'http://a b/' } | traces.endpoint: ",
        "{ endpoint = 'http://a/', sample = 2 } | traces.sample: 2 (expected: a share",
        "{ endpoint = 'http://a/', sample = 'x' } | traces.sample: \"x\" (expected: a share",
        "{ endpoint = 'http://a/', service = '' } | traces.service: \"\" (expected: a name",
        "{ endpoint = 'http://a/', servce = 'x' } | traces.servce: ",
      })
  void aMistakeIsNamed(String table, String problem) {
    var e = assertThrows(ConfigException.class, () -> load(REST + "traces = " + table));
    assertEquals(1, e.problems().size(), e.problems()::toString);
    assertTrue(e.problems().get(0).contains(problem), e.problems()::toString);
  }
}
