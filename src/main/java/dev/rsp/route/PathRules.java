// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.http.HostName;
import dev.rsp.lua.HostFromPath;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules by which the host of a request is taken from its path. Immutable. */
final class PathRules {
  private final List<HostFromPath> rules;

  /** The hosts that rules look at, each once. */
  private final byte[][] hosts;

  /**
   * A rule that fired.
   *
   * @param host the canonical host in the path; null if what stands there is none
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

  /** Whether any rule looks at requests for this host. Makes no garbage. */
  boolean concern(byte[] host, int length) {
    for (byte[] on : hosts) {
      if (Arrays.equals(on, 0, on.length, host, 0, length)) {
        return true;
      }
    }
    return false;
  }

  /** The first rule in the order of the file that a request meets; null if it meets none. */
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
