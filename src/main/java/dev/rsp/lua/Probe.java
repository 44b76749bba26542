// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A look at what a file's {@code select} does with a few hosts, each asked about several times and
 * between the others, before it serves anybody.
 *
 * <p>A script that keeps state, or answers the same question differently, may be meant so, but it
 * cannot be explained, foretold or remembered; so its operator is told.
 *
 * @param warnings each {@code file:line: what}
 * @param remembers whether its answers may be remembered
 */
public record Probe(List<String> warnings, boolean remembers) {
  /** That of a file that decides nothing by itself. */
  public static final Probe CONTENT = new Probe(List.of(), true);

  /** More than two, so that what counts, takes turns or throws dice shows it. */
  private static final int ROUNDS = 3;

  /** Names of different length, kind and first letter; RFC 2606 keeps them from being anybody's. */
  private static final List<String> HOSTS =
      List.of("www.example.com", "a.example", "joebuty.sites.example", "x.test", "[2001:db8::1]");

  public Probe {
    warnings = List.copyOf(warnings);
  }

  /**
   * Runs the file once more and asks it. What it logs meanwhile is not written.
   *
   * @param setting what the file amounts to
   */
  public static Probe of(Program program, Setting setting) throws ScriptException {
    Script script = program.run();
    script.tell(setting);
    script.beQuiet();
    Map<String, Selection> first = new HashMap<>();
    String differing = null;
    for (int round = 0; round < ROUNDS; round++) {
      for (String host : HOSTS) {
        Selection answer = script.select(new Question(host));
        Selection before = first.putIfAbsent(host, answer);
        if (before != null && differing == null && !meansTheSame(before, answer)) {
          differing = host;
        }
      }
    }
    List<String> warnings = new ArrayList<>();
    if (script.keepsState()) {
      warnings.add(
          script.firstStateChange()
              + ": select keeps state: it changes something that outlives the call, so that it is"
              + " run for each request and cannot be foretold");
    }
    if (differing != null) {
      warnings.add(
          script.whereSelectIs()
              + ": select answers differently when it is asked twice about "
              + differing
              + ", so that it is run for each request and cannot be foretold");
    }
    return new Probe(warnings, warnings.isEmpty());
  }

  /** Whether it depended on other things is no part of an answer. */
  private static boolean meansTheSame(Selection one, Selection other) {
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
