// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Slot;
import dev.rsp.http.Refusal;
import dev.rsp.lua.HashCall;
import dev.rsp.route.Decision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A decision as text for an operator, and as values for a program. Any thread. */
public final class Explanation {
  private Explanation() {}

  /** One line for each property: its name and its value. Each line ends with a line feed. */
  public static String text(Decision decision) {
    var text = new StringBuilder();
    line(text, "host", decision.host());
    line(text, "rule", decision.rule());
    HashCall hash = decision.hash();
    if (hash != null) {
      line(text, "hash", "hash." + hash.function() + " = " + hash.value());
    }
    line(text, "n", String.valueOf(decision.n()));
    for (Slot slot : decision.passedOver()) {
      line(text, "passed over", slot.name() + " (" + slot.state().text() + ")");
    }
    Decision.Target target = decision.target();
    Refusal refusal = decision.refusal();
    if (refusal != null) {
      line(text, "refused", refusal.status() + " " + refusal.why());
      if (decision.error() != null) {
        line(text, "error", decision.error());
      }
    } else if (target != null) {
      Slot slot = target.slot();
      line(text, "slot", slot == null ? "none: outside the list" : slot(slot));
      line(text, "address", target.place().text());
      line(text, "failover", failover(decision));
    }
    line(text, "holds", decision.pure() ? "for every request with this host" : "for this request");
    return text.toString();
  }

  /**
   * The values that JSON has for a program: host, rule, hash, n, slot, index, address and failover.
   * A key that does not apply is null; if the request is refused, these are slot, index and
   * address. The hash is a string, because it may have 64 bits.
   */
  public static Map<String, @Nullable Object> values(Decision decision) {
    Decision.Target target = decision.target();
    Slot slot = decision.slot();
    HashCall hash = decision.hash();
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("host", decision.host());
    json.put("rule", decision.rule());
    json.put("hash", hash == null ? null : hash.value());
    json.put("n", decision.n());
    json.put("slot", slot == null ? null : slot.name());
    json.put("index", slot == null ? null : slot.index());
    json.put("address", target == null ? null : target.place().text());
    json.put("failover", names(decision));
    return json;
  }

  private static String slot(Slot slot) {
    String state = slot.isUp() ? "" : ", " + slot.state().text();
    return slot.name() + " (index " + slot.index() + state + ")";
  }

  private static String failover(Decision decision) {
    List<String> names = names(decision);
    return names.isEmpty() ? "none" : names.stream().collect(Collectors.joining(", "));
  }

  private static List<String> names(Decision decision) {
    return decision.failover().stream().map(Decision.Target::name).toList();
  }

  private static void line(StringBuilder text, String name, @Nullable String value) {
    text.append(name).append(" ".repeat(12 - name.length())).append(value).append('\n');
  }
}
