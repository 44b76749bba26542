// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code rsp explain} prints for each kind of answer. */
@Timeout(60)
final class ExplainCommandTest {
  private static final String BACKENDS =
      """
      listen = "127.0.0.1:0"
      backends = {
        { name = "a", address = "10.0.0.1:80" },
        { name = "b", address = "10.0.0.2:80"%s },
        { name = "c", address = "10.0.0.3:80" },
      }
      """;

  @TempDir private Path directory;

  /** What a command printed and how it ended. */
  private record Result(int code, String out, String err) {}

  private Result explain(String more, String... arguments) throws Exception {
    Path file = Files.writeString(directory.resolve("backends.lua"), more);
    String[] all = new String[arguments.length + 1];
    all[0] = file.toString();
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    PrintStream out = System.out;
    PrintStream err = System.err;
    var printed = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
      int code = new CommandLine(new ExplainCommand()).execute(all);
      return new Result(
          code,
          printed.toString(StandardCharsets.UTF_8).replace(file.toString(), "backends.lua"),
          complained.toString(StandardCharsets.UTF_8).replace(file.toString(), "backends.lua"));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private void prints(String expected, String lua, String... arguments) throws Exception {
    assertEquals(new Result(0, expected, ""), explain(lua, arguments));
  }

  private static String backends(String second) {
    return BACKENDS.formatted(second);
  }

  @Test
  void theDefault() throws Exception {
    prints(
        """
        host        www.pythonanywhere.com
        rule        default
        hash        hash.python = 9088254044299320651
        n           3
        slot        a (index 1)
        address     10.0.0.1:80
        failover    none
        holds       for every request with this host
        """,
        backends(""),
        "WWW.PythonAnywhere.com.:8080");
  }

  @Test
  void theDefaultAsJson() throws Exception {
    prints(
        "{\"host\":\"www.pythonanywhere.com\",\"rule\":\"default\",\"hash\":\"9088254044299320651\","
            + "\"n\":3,\"slot\":\"a\",\"index\":1,\"address\":\"10.0.0.1:80\",\"failover\":[]}\n",
        backends(""),
        "--json",
        "www.pythonanywhere.com");
  }

  @Test
  void aSlotThatIsDown() throws Exception {
    String lua =
        backends(", state = \"down\"")
            + "failover = 1\nfunction select(request) return \"b\" end\n";
    Result text = explain(lua, "a.example");
    assertEquals(0, text.code());
    assertTrue(
        text.out().contains("\nrule        select backends.lua:8\nn           3\n"), text.out);
    assertTrue(text.out().contains("\npassed over b (down)\nslot        "), text.out);
    Result json = explain(lua, "a.example", "--json");
    boolean first = json.out().contains("\"slot\":\"a\",\"index\":1,\"address\":\"10.0.0.1:80\"");
    assertTrue(json.out().endsWith("\"failover\":[\"" + (first ? "c" : "a") + "\"]}\n"), json.out);
    assertTrue(json.out().contains("\"hash\":null,"), json.out);
  }

  @Test
  void aPlaceOutsideTheList() throws Exception {
    String lua =
        backends("")
            + "function select(r) return { 'unix:/run/app/' .. r.host .. '.sock', 3 } end\n";
    prints(
        """
        host        x.example
        rule        select backends.lua:7
        n           3
        slot        none: outside the list
        address     unix:/run/app/x.example.sock
        failover    c
        holds       for every request with this host
        """,
        lua,
        "x.example");
    prints(
        "{\"host\":\"x.example\",\"rule\":\"select backends.lua:7\",\"hash\":null,\"n\":3,"
            + "\"slot\":null,\"index\":null,\"address\":\"unix:/run/app/x.example.sock\","
            + "\"failover\":[\"c\"]}\n",
        lua,
        "--json",
        "x.example");
  }

  @Test
  void aHostInAPath() throws Exception {
    String lua = backends("") + "host_from_path('/reload/{host}', { on = 'www.example.com' })\n";
    prints(
        """
        host        localhost
        rule        host_from_path backends.lua:7, default
        hash        hash.python = 7451599895809345214
        n           3
        slot        c (index 3)
        address     10.0.0.3:80
        failover    none
        holds       for every request with this host
        """,
        lua,
        "www.example.com",
        "/reload/LocalHost?now");
    Result json = explain(lua, "www.example.com", "/reload/a%2eb", "--json");
    assertEquals(
        "{\"host\":\"www.example.com\",\"rule\":\"host_from_path backends.lua:7\",\"hash\":null,"
            + "\"n\":3,\"slot\":null,\"index\":null,\"address\":null,\"failover\":[]}\n",
        json.out());
  }

  @Test
  void aRefusalAndAnError() throws Exception {
    prints(
        """
        host        x.example
        rule        select backends.lua:7
        n           3
        refused     404 no such site
        holds       for every request with this host
        """,
        backends("") + "function select(r) refuse(404, 'no such site') end",
        "x.example");
    prints(
        """
        host        x.example
        rule        select backends.lua:7
        n           3
        refused     500 the selection script failed
        error       backends.lua:7: select returned 9 (expected: 1 to 3)
        holds       for this request
        """,
        backends("") + "function select(r) return 9 end",
        "x.example");
  }

  @Test
  void aHostThatIsNoneIsExit1() throws Exception {
    for (String host : new String[] {"a b", "a..b", "", "a\u001b[1m", "münchen.example"}) {
      Result result = explain(backends(""), host);
      assertEquals(1, result.code(), host);
      assertEquals("", result.out());
      assertTrue(
          result.err().endsWith("an IPv6 address in brackets, optionally with a port)\n"),
          result.err);
      assertTrue(result.err().startsWith("\"" + host.replaceAll("[^ -~]", "?") + "\": no valid"));
    }
  }

  @Test
  void aPathThatIsNoneAndAFileThatIsWrongAreExit1() throws Exception {
    for (String path : new String[] {"reload", "/a b", "/a#b", "/ü", "/\t", ""}) {
      Result result = explain(backends(""), "a.example", path);
      assertEquals(1, result.code(), path);
      assertTrue(result.err().contains("\": no path (expected: "), result.err);
    }
    Result wrong = explain(backends(", state = 'off'"), "a.example");
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().startsWith("backends.lua:4: backends[2].state: \"off\""), wrong.err);
  }
}
