// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/** Reads and checks the table {@code initialise}. */
final class InitialiseKeys {
  static final String INITIALISE = "initialise";
  static final String URL = "url";
  static final String UNLESS_EXISTS = "unless_exists";
  static final String METHOD = "method";

  /** A large application loads in about 10 s; a browser waits 60 s or more. */
  static final NumberKey TIMEOUT = NumberKey.seconds("timeout", 30);

  /** People notice 100 ms; a refused connect costs about 20 µs. */
  static final NumberKey POLL = new NumberKey("poll", 0.05, 0.01, 10, "seconds");

  static final NumberKey REMEMBER_FAILURE = NumberKey.seconds("remember_failure", 10);
  static final NumberKey WAITING = NumberKey.count("waiting", 100, 1, 100_000, "requests");
  static final NumberKey WAITING_TOTAL =
      NumberKey.count("waiting_total", 1_000, 1, 100_000, "requests");
  static final NumberKey STARTING = NumberKey.count("starting", 64, 1, 4_000, "sites");

  /** No limit: a waiting body stays in the client and in the kernel, so it costs no memory here. */
  static final NumberKey BODY_BYTES = NumberKey.count("body_bytes", 0, 0, 1 << 30, "bytes");

  static final List<NumberKey> NUMBERS =
      List.of(TIMEOUT, POLL, REMEMBER_FAILURE, WAITING, WAITING_TOTAL, STARTING, BODY_BYTES);

  static final List<String> ALL =
      List.of(
          URL,
          UNLESS_EXISTS,
          METHOD,
          TIMEOUT.name(),
          POLL.name(),
          REMEMBER_FAILURE.name(),
          WAITING.name(),
          WAITING_TOTAL.name(),
          STARTING.name(),
          BODY_BYTES.name());

  private final KeyPath path = KeyPath.global(INITIALISE);
  private final Problems problems;

  InitialiseKeys(Problems problems) {
    this.problems = problems;
  }

  /** Reads the table; null if it is not set, or if it is invalid, after adding a problem. */
  @Nullable Initialise read(LuaValue value) {
    if (value.isnil()) {
      return null;
    }
    Section section = Section.of(path, value, problems);
    section.rejectUnknownKeys(ALL);
    String url = url(section.get(URL));
    String marker = marker(section.get(UNLESS_EXISTS));
    String method = method(section.get(METHOD));
    int timeoutMillis = millis(section, TIMEOUT);
    int pollMillis = millis(section, POLL);
    int rememberMillis = millis(section, REMEMBER_FAILURE);
    int waiting = (int) section.number(WAITING);
    int waitingTotal = (int) section.number(WAITING_TOTAL);
    int starting = (int) section.number(STARTING);
    int bodyBytes = (int) section.number(BODY_BYTES);
    return url == null
        ? null
        : new Initialise(
            url,
            marker,
            method,
            timeoutMillis,
            pollMillis,
            rememberMillis,
            waiting,
            waitingTotal,
            starting,
            bodyBytes);
  }

  private static int millis(Section section, NumberKey key) {
    return (int) Math.round(section.number(key) * 1000);
  }

  private @Nullable String url(LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (Initialise.isUrl(text)) {
      if (!text.contains(Initialise.HOST)) {
        problems.warn(
            path.key(URL),
            "{host} is not in it, so the request for one site is that for every site");
      }
      return text;
    }
    problems.add(path.key(URL), value, "a URL such as \"http://127.0.0.1:5000/init?host={host}\"");
    return null;
  }

  private @Nullable String marker(LuaValue value) {
    if (value.isnil()) {
      return null;
    }
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    boolean good = text.startsWith("/") && Syntax.isVisible(text) && text.contains(Initialise.HOST);
    if (!good) {
      problems.add(path.key(UNLESS_EXISTS), value, "an absolute path with {host} in it");
    }
    return good ? text : null;
  }

  private String method(LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (!value.isnil() && !List.of("GET", "POST", "PUT").contains(text.toUpperCase(Locale.ROOT))) {
      problems.add(path.key(METHOD), value, "\"POST\", \"PUT\" or \"GET\"");
    }
    return value.isnil() ? "POST" : text.toUpperCase(Locale.ROOT);
  }
}
