// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code metrics}. */
final class MetricsKeys {
  static final String METRICS = "metrics";

  /** Each is a time series, and others take their place; more are no help to a reader. */
  static final NumberKey TOP_HOSTS = NumberKey.count("top_hosts", 0, 0, 100, "hosts");

  static final List<String> ALL = List.of(TOP_HOSTS.name());

  private MetricsKeys() {}

  /** How many of the busiest hosts the figures name. */
  static int topHosts(LuaValue value, Problems problems) {
    Section section = Section.of(KeyPath.global(METRICS), value, problems);
    section.rejectUnknownKeys(ALL);
    return (int) section.number(TOP_HOSTS);
  }
}
