// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.HostFromPath;
import dev.rsp.lua.Probe;
import java.nio.file.Path;
import java.util.List;

/**
 * What a file says about choosing a slot, beyond the slots and its {@code select}.
 *
 * @param failover how many further slots are tried when no connection can be made to the first
 * @param hostsFromPaths where the host stands in the path, in the order of the file
 * @param existsBelow the directories in which {@code select} may ask whether a file exists
 * @param hasOnFailure whether the file defines {@code on_failure}
 * @param probe what was seen of {@code select} before it serves
 */
public record Choosing(
    int failover,
    List<HostFromPath> hostsFromPaths,
    List<Path> existsBelow,
    boolean hasOnFailure,
    Probe probe) {
  /** That of a file that says nothing. */
  public static final Choosing DEFAULTS =
      new Choosing(0, List.of(), List.of(), false, Probe.CONTENT);

  public Choosing {
    if (failover < 0) {
      throw new IllegalArgumentException("failover: " + failover + " (expected: >= 0)");
    }
    hostsFromPaths = List.copyOf(hostsFromPaths);
    existsBelow = List.copyOf(existsBelow);
  }

  /** The same after a look at {@code select}. */
  Choosing with(Probe seen) {
    return new Choosing(failover, hostsFromPaths, existsBelow, hasOnFailure, seen);
  }

  /** Whether it finds the same hosts in paths as another one. The lines of rules play no part. */
  boolean takesHostsFromPathsAs(Choosing other) {
    return texts(hostsFromPaths).equals(texts(other.hostsFromPaths));
  }

  private static List<String> texts(List<HostFromPath> rules) {
    return rules.stream().map(HostFromPath::toString).toList();
  }
}
