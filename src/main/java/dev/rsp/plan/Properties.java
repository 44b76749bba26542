// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.http.HostName;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.TestReport.Result;
import dev.rsp.route.Decision;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks properties that every configuration should have, with many hosts. */
final class Properties {
  /** Percentage of the budget for one request above which a script is reported as too expensive. */
  private static final int WARN_PERCENT = 50;

  /**
   * Hosts in spellings that selectors often handle wrongly; most are reserved by RFC 2606 or 5737.
   */
  private static final List<String> SPELLINGS =
      List.of(
          "JoeButy.sites.example",
          "joebuty.sites.example.",
          "joebuty.sites.example:8080",
          "JOEBUTY.SITES.EXAMPLE.:443",
          "a.example",
          "xn--bcher-kva.example",
          "under_score.example",
          "localhost",
          "192.0.2.7:80",
          "[2001:DB8::1]:8080",
          "1.example",
          "-dash.example",
          "a.b.c.d.e.f.g.h.example",
          "x".repeat(63) + ".example");

  private final Preview one;
  private final Preview other;

  /** Canonical hosts that are known to be served, so they must have a slot. */
  private final List<String> served;

  /** All canonical hosts. */
  private final Set<String> all;

  private Properties(Config config, List<String> served) throws ScriptException {
    this.one = Preview.of(config);
    this.other = Preview.of(config);
    this.served = served;
    this.all = new LinkedHashSet<>(served);
    for (String spelling : SPELLINGS) {
      String host = HostName.canonicalise(spelling);
      if (host != null) {
        all.add(host);
      }
    }
  }

  /**
   * Checks all properties.
   *
   * @param served canonical hosts that are known to be served
   */
  static List<Result> of(Config config, List<String> served) throws ScriptException {
    var properties = new Properties(config, List.copyOf(new LinkedHashSet<>(served)));
    return List.of(
        properties.total(),
        properties.pure(),
        properties.ignoresSpelling(),
        properties.withinBudget());
  }

  private Result total() {
    List<String> failures = new ArrayList<>();
    for (String host : all) {
      Decision decision = one.decide(host);
      if (decision.error() != null) {
        failures.add(decision.error() + " (host " + host + ")");
      }
    }
    for (String host : served) {
      Decision decision = one.decide(host);
      if (decision.error() == null && decision.refusal() != null) {
        failures.add(at(host) + " is refused: " + decision.refusal().why());
      }
    }
    return new Result("property: every host that is served has a slot" + of(all.size()), failures);
  }

  private Result pure() {
    List<String> backwards = new ArrayList<>(all);
    java.util.Collections.reverse(backwards);
    List<String> first = all.stream().map(host -> Preview.targetName(one.decide(host))).toList();
    List<String> second =
        backwards.stream().map(host -> Preview.targetName(other.decide(host))).toList();
    List<String> failures = new ArrayList<>();
    int i = 0;
    for (String host : all) {
      String again = second.get(second.size() - 1 - i);
      if (!first.get(i).equals(again)) {
        failures.add(at(host) + " goes to " + first.get(i) + " and to " + again);
      }
      i++;
    }
    return new Result(
        "property: asked again, by another copy and in another order, a host keeps its slot"
            + of(all.size()),
        failures);
  }

  private Result ignoresSpelling() {
    List<String> failures = new ArrayList<>();
    for (String host : all) {
      String target = Preview.targetName(one.decide(host));
      for (String spelling : spellings(host)) {
        Decision decision = one.decideText(spelling);
        if (decision == null || !target.equals(Preview.targetName(decision))) {
          failures.add(
              at(host) + " goes to " + target + ", and written as " + spelling + goes(decision));
        }
      }
    }
    return new Result(
        "property: neither case nor port nor a final dot matters" + of(all.size()), failures);
  }

  private static List<String> spellings(String host) {
    String upper = host.toUpperCase(Locale.ROOT);
    return host.startsWith("[")
        ? List.of(upper, host + ":8080")
        : List.of(upper, host + ":8080", host + ".", upper + ".:443");
  }

  private static String goes(@Nullable Decision decision) {
    return decision == null ? " it is no valid host" : " to " + Preview.targetName(decision);
  }

  private Result withinBudget() {
    long most = 0;
    String mostExpensive = "";
    for (String host : all) {
      one.decide(host);
      if (one.lastInstructions() > most) {
        most = one.lastInstructions();
        mostExpensive = host;
      }
    }
    long allowed = Preview.BUDGET_INSTRUCTIONS;
    String spent = most + " of " + allowed + " instructions";
    return new Result(
        "property: select takes less than half of its budget"
            + (most == 0 ? "" : ", " + spent + " at most"),
        most * 100 > allowed * WARN_PERCENT
            ? List.of(at(mostExpensive) + " takes " + spent)
            : List.of());
  }

  private String at(String host) {
    String where = one.decide(host).where();
    return where.isEmpty() ? host : where + ": " + host;
  }

  private static String of(int hosts) {
    return " (" + hosts + " hosts)";
  }
}
