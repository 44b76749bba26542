// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.usage.HostUse;
import dev.rsp.usage.HourUse;
import dev.rsp.usage.Usage;
import dev.rsp.usage.UsageOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the API says of the usage of hosts. Thread-safe; methods may block. */
final class UsageValues {
  /** Two days: enough to compare with yesterday. */
  private static final int HOURS = 48;

  private static final int MOST_HOSTS = 1000;
  private static final int HOSTS = 20;

  private final Supplier<@Nullable Usage> used;

  UsageValues(Supplier<@Nullable Usage> used) {
    this.used = used;
  }

  /**
   * The hosts that used most in the running hour.
   *
   * @param slots the slot that answered a host last; null if that is not known
   */
  ApiReply top(ApiRequest request, Function<String, @Nullable String> slots) {
    String by = request.parameter("by", UsageOrder.REQUESTS.label());
    UsageOrder order = UsageOrder.of(by);
    if (order == null) {
      return ApiReply.error(
          400, "no order (expected: by = one of " + String.join(", ", UsageOrder.labels()) + ")");
    }
    Usage usage = used.get();
    if (usage == null) {
      return ApiReply.error(404, "the configuration does not set usage");
    }
    List<Map<String, @Nullable Object>> hosts = new ArrayList<>();
    for (HostUse use : usage.top(order, request.number("limit", HOSTS, 1, MOST_HOSTS))) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("host", use.host());
      values.put("slot", slots.apply(use.host()));
      values.putAll(use.sums());
      hosts.add(values);
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("since", usage.runningSince().toString());
    values.put("by", order.label());
    values.put("hosts", hosts);
    return ApiReply.ok(values);
  }

  /**
   * What a host used in the last hours; empty if that is not kept.
   *
   * @param host canonical
   * @throws IOException if a file cannot be read
   */
  List<Map<String, @Nullable Object>> hours(String host) throws IOException {
    Usage usage = used.get();
    List<Map<String, @Nullable Object>> hours = new ArrayList<>();
    if (usage != null) {
      for (HourUse hour : usage.hours(host, HOURS)) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("hour", hour.start().toString());
        values.putAll(hour.use().sums());
        hours.add(values);
      }
    }
    return hours;
  }
}
