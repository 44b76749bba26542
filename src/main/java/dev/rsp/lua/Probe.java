// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The result of a trial run of a file's {@code select} before it serves requests, with a few hosts,
 * each several times and in alternation.
 *
 * <p>A script that keeps state, or returns different results for the same request, may be intended,
 * but its results can be neither explained, nor predicted, nor cached. So the operator gets a
 * warning.
 *
 * @param warnings each {@code file:line: message}
 * @param isCacheable whether its results may be cached
 */
public record Probe(List<String> warnings, boolean isCacheable) {
  /** The result for a file without {@code select}. */
  public static final Probe NO_WARNINGS = new Probe(List.of(), true);

  /** More than two, to detect counters, round robin and random numbers. */
  private static final int ROUNDS = 3;

  /** Names of different length, kind and first letter, reserved by RFC 2606. */
  private static final List<String> HOSTS =
      List.of("www.example.com", "a.example", "joebuty.sites.example", "x.test", "[2001:db8::1]");

  /** The hosts, which are canonical, reserved for examples, and of different kinds. */
  public static List<String> hosts() {
    return HOSTS;
  }

  public Probe {
    warnings = List.copyOf(warnings);
  }

  /**
   * Runs the file again and calls its {@code select}. Its log lines are not written.
   *
   * @param context the configuration that the script can read
   */
  public static Probe of(Program program, ScriptContext context) throws ScriptException {
    Script script = program.copy();
    script.setContext(context);
    script.muteLog();
    Map<String, Selection> first = new HashMap<>();
    String differing = null;
    for (int round = 0; round < ROUNDS; round++) {
      for (String host : HOSTS) {
        Selection answer = script.select(new Question(host));
        Selection before = first.putIfAbsent(host, answer);
        if (before != null && differing == null && !isSameResult(before, answer)) {
          differing = host;
        }
      }
    }
    List<String> warnings = new ArrayList<>();
    if (script.keepsState()) {
      warnings.add(
          script.firstStateChange()
              + ": select keeps state: it changes a value that outlives the call, so it runs for"
              + " each request and its results cannot be predicted");
    }
    if (differing != null) {
      warnings.add(
          script.selectPosition()
              + ": select returns different results for the same host, "
              + differing
              + ", so it runs for each request and its results cannot be predicted");
    }
    return new Probe(warnings, warnings.isEmpty());
  }

  /** Compares results without {@code hostOnly}. */
  private static boolean isSameResult(Selection one, Selection other) {
    if (one instanceof Selection.Chosen a && other instanceof Selection.Chosen b) {
      return a.choices().equals(b.choices());
    }
    if (one instanceof Selection.Refused a && other instanceof Selection.Refused b) {
      return a.status() == b.status() && a.reason().equals(b.reason());
    }
    return one.equals(other);
  }

  /** A request for {@code /} without fields. */
  private record Question(String host) implements RequestView {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public String query() {
      return "";
    }

    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String client() {
      return "192.0.2.1"; // RFC 5737
    }

    @Override
    public @Nullable String header(String name) {
      return null;
    }
  }
}
