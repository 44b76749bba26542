// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/** Scripts and requests for tests. */
final class Scripts {
  static final String FILE = "backends.lua";

  private Scripts() {}

  static Program compile(String source) throws ScriptException {
    return Program.compile(FILE, source.getBytes(StandardCharsets.UTF_8));
  }

  static Script run(String source) {
    return run(source, Clock.SYSTEM);
  }

  static Script run(String source, Clock clock) {
    try {
      return compile(source).run(clock);
    } catch (ScriptException e) {
      throw new AssertionError(FILE + ":" + e.line() + ": " + e.getMessage(), e);
    }
  }

  /** The value of an expression while a file is loading. */
  static LuaValue eval(String expression) {
    return run("result = " + expression).globals().getOrDefault("result", LuaValue.NIL);
  }

  /** {@code line: message} of the error that stops a file from loading. */
  static String failureOf(String source) {
    ScriptException e = assertThrows(ScriptException.class, () -> compile(source).run());
    return e.line() + ": " + e.getMessage();
  }

  /** The result of a {@code select} with the given body for www.example.com. */
  static Selection select(String body) {
    return run("function select(request) " + body + " end").select(request("www.example.com"));
  }

  static Selection.Chosen chosen(Selection selection) {
    return assertInstanceOf(Selection.Chosen.class, selection, selection::toString);
  }

  static String failed(Selection selection) {
    return assertInstanceOf(Selection.Failed.class, selection, selection::toString).message();
  }

  static RequestView request(String host) {
    return new Request(host, Map.of("user-agent", "curl"));
  }

  /** A request for {@code /path?query} from 192.0.2.1. */
  record Request(String host, Map<String, String> fields) implements RequestView {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String path() {
      return "/path";
    }

    @Override
    public String query() {
      return "query";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String client() {
      return "192.0.2.1";
    }

    @Override
    public @Nullable String header(String name) {
      return fields.get(name.toLowerCase(Locale.ROOT));
    }
  }
}
