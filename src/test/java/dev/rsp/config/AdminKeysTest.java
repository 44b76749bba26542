// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values of {@code admin}. */
@Timeout(60)
final class AdminKeysTest {
  private static final String REST = "\nlisten = '127.0.0.1:0'\nbackends = { '127.0.0.1:1' }\n";

  @TempDir private Path directory;

  private AdminSettings load(String text) throws ConfigException {
    return Objects.requireNonNull(ConfigFile.in(directory, text + REST).load().admin());
  }

  @Test
  void aUnixSocketNeedsNoToken() throws ConfigException {
    assertNull(ConfigFile.in(directory, REST).load().admin());
    assertEquals("/run/a.sock", load("admin = 'unix:/run/a.sock'").unixPath());
    assertEquals("/run/a.sock", load("admin = '/run/a.sock'").unixPath());
    assertEquals("/run/a.sock", load("admin = { address = '/run/a.sock' }").unixPath());
  }

  @Test
  void anAddressHasATokenAndNames() throws ConfigException {
    AdminSettings admin =
        load(
            "admin = { address = '[::1]:9901', token = '0123456789abcdef', names = { 'a.example' } }");
    assertEquals(9901, Objects.requireNonNull(admin.address()).getPort());
    assertEquals("0123456789abcdef", admin.token());
    assertEquals(List.of("a.example"), admin.names());
    assertFalse(admin.toString().contains("0123"));
    load("admin = { address = '10.0.0.1:9901', token = '0123456789abcdef', public = true }");
  }

  @Test
  void aTokenFileIsCheckedIfItCanBeRead() throws Exception {
    Path file = directory.resolve("token");
    String text = "admin = { address = '127.0.0.1:9901', token_file = '" + file + "' }";
    assertTrue(
        ConfigFile.in(directory, text + REST)
            .load()
            .warnings()
            .toString()
            .contains("there is no file"));
    Files.writeString(file, "0123456789abcdef\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertEquals(file, load(text).tokenFile());
    assertEquals("0123456789abcdef", AdminToken.read(file));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertTrue(problem(text).contains("each user can read it"), problem(text));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.writeString(file, "short");
    assertTrue(problem(text).contains("a token of 16 to 1024 visible ASCII characters"));
  }

  private String problem(String text) {
    ConfigException e =
        assertThrows(ConfigException.class, () -> ConfigFile.in(directory, text + REST).load());
    return String.join("\n", e.problems());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "admin = 5 | admin: 5 (expected: an IP address and a port",
        "admin = '127.0.0.1:9901' | token_file = \"/etc/rsp/admin.token\"",
        "admin = 'localhost:9901' | expected: an IP address and a port",
        "admin = 'unix:a.sock' | expected: an IP address and a port",
        "admin = {} | admin.address: not set",
        "admin = { address = '127.0.0.1:1' } | admin.address: \"127.0.0.1:1\" (expected: a Unix socket",
        "admin = { address = '10.0.0.1:1', token = '0123456789abcdef' } | public = true",
        "admin = { address = '0.0.0.0:1', token = '0123456789abcdef' } | public = true",
        "admin = { address = '127.0.0.1:1', token = 'short-secret' } | admin.token: (not shown) (expected: a token of 16",
        "admin = { address = '127.0.0.1:1', token = '0123456789abcdef', token_file = '/x' } | token or token_file, not both",
        "admin = { address = '127.0.0.1:1', token_file = 'x' } | absolute path of a file with the token",
        "admin = { address = '/a', name = { 'a' } } | did you mean names?",
        "admin = { address = '/a', names = 'a' } | a list of host names",
        "admin = { address = '/a', names = { 'A' } } | admin.names[1]: \"A\" (expected: a host name in lower case",
      })
  void everyMistakeIsNamedAndNoTokenIsShown(String text, String expected) {
    String problem = problem(text);
    assertTrue(problem.contains(expected), problem);
    assertFalse(problem.contains("short-secret"), problem);
    assertFalse(problem.contains("0123456789abcdef"), problem);
  }
}
