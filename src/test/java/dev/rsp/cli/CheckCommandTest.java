// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code rsp check} prints about a file that loads. */
@Timeout(60)
final class CheckCommandTest {
  private static final String BACKENDS =
      "listen = '127.0.0.1:0'\nbackends = { '10.0.0.1:80', '10.0.0.2:80' }\n";

  @TempDir private Path directory;

  @Test
  void warningsAreOnStandardOutputAndTheExitCodeIs0() throws Exception {
    assertPrints(
        0,
        """
        backends.lua: ok, 2 backend(s), chosen by its select
        backends.lua:3: warning: DEBUG: nothing defines this name, so it is nil
        backends.lua:5: warning: no; select fails for 1 of 6 hosts, such as b.example
        """,
        "",
        """
        local verbose = DEBUG or false
        function select(request)
          if request.host == "b.example" then error("no") end
          return 1
        end
        """);
  }

  @Test
  void aSelectThatAlwaysFailsIsAProblem() throws Exception {
    assertPrints(
        1,
        "",
        """
        backends.lua:3: request has no field 'hots' (expected: host, method, path, query, scheme, \
        tls, client, header or original_host); select fails for each of 5 hosts, such as www.example.com
        """,
        "function select(request) return request.hots end\n");
  }

  private void assertPrints(int code, String out, String err, String lua) throws Exception {
    Path file = Files.writeString(directory.resolve("backends.lua"), BACKENDS + lua);
    PrintStream before = System.out;
    PrintStream beforeErr = System.err;
    var printed = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      assertEquals(code, new CommandLine(new CheckCommand()).execute(file.toString()));
    } finally {
      System.setOut(before);
      System.setErr(beforeErr);
    }
    assertEquals(out, text(printed, file));
    assertEquals(err, text(complained, file));
  }

  private static String text(ByteArrayOutputStream bytes, Path file) {
    return bytes.toString(StandardCharsets.UTF_8).replace(file.toString(), "backends.lua");
  }
}
