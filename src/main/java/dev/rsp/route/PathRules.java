// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.HostName;
import dev.rsp.lua.HostFromPath;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules that take the host of a request from its path. Immutable. */
final class PathRules {
  private final List<HostFromPath> rules;

  /** The hosts that the rules apply to, without duplicates. */
  private final byte[][] hosts;

  /**
   * A rule that matched.
   *
   * @param host the canonical host in the path; null if it is invalid
   */
  record Match(HostFromPath rule, @Nullable String host) {}

  PathRules(List<HostFromPath> rules) {
    this.rules = rules;
    this.hosts =
        rules.stream()
            .map(HostFromPath::on)
            .distinct()
            .map(host -> host.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);
  }

  /** Whether any rule applies to this host. Allocates nothing. */
  boolean applyTo(byte[] host, int length) {
    for (byte[] on : hosts) {
      if (Arrays.equals(on, 0, on.length, host, 0, length)) {
        return true;
      }
    }
    return false;
  }

  /** The first rule, in the order of the file, that matches a request; null if none matches. */
  @Nullable Match match(String host, String path) {
    for (HostFromPath rule : rules) {
      if (rule.on().equals(host)) {
        String segment = rule.segment(path);
        if (segment != null) {
          return new Match(rule, HostName.canonicalise(segment));
        }
      }
    }
    return null;
  }
}
