// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceNamesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "http, 80",
    "www, 80",
    "domain, 53",
    "http-alt, 8080",
    "webcache, 8080",
    "tftp, -1", // UDP
    "WWW, -1",
    "commented, -1",
    "# a comment, -1",
    "80/tcp, -1",
    "'', -1",
    "odd, -1",
  })
  void portsHaveNamesAndAliases(String name, int port) throws Exception {
    Path file = directory.resolve("services");
    Files.writeString(
        file,
        """
        # a comment with a stray byte: \u00e9
        http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP
        domain  53/udp
        domain  53/tcp
        tftp    69/udp
        #commented 70/tcp
        http-alt 8080/tcp webcache # alias commented
        odd     http/tcp

        lonely
        """,
        StandardCharsets.ISO_8859_1);
    assertEquals(port, new ServiceNames(file).port(name));
  }

  @Test
  void withoutTheFileThereAreNoNames() {
    assertEquals(-1, new ServiceNames(directory.resolve("none")).port("http"));
  }
}
