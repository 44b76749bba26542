// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.HostFromPath;
import dev.rsp.lua.Probe;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a slot is selected, apart from the slots and the {@code select} function.
 *
 * @param failover how many further slots are tried when no connection can be made to the first
 * @param hostsFromPaths rules that take the host from the path, in the order of the file
 * @param existsBelow the directories in which {@code select} may test for files
 * @param hasOnFailure whether the file defines {@code on_failure}
 * @param scriptTls how rsp speaks TLS with addresses that only a script names; null if the file
 *     gives no reason to
 * @param probe the result of running {@code select} with test hosts before it serves
 */
public record SelectionSettings(
    int failover,
    List<HostFromPath> hostsFromPaths,
    List<Path> existsBelow,
    boolean hasOnFailure,
    @Nullable BackendTls scriptTls,
    Probe probe) {
  /** The values if the file sets none. */
  public static final SelectionSettings DEFAULTS =
      new SelectionSettings(0, List.of(), List.of(), false, null, Probe.NO_WARNINGS);

  public SelectionSettings {
    if (failover < 0) {
      throw new IllegalArgumentException("failover: " + failover + " (expected: >= 0)");
    }
    hostsFromPaths = List.copyOf(hostsFromPaths);
    existsBelow = List.copyOf(existsBelow);
  }

  /** A copy with another probe result. */
  SelectionSettings with(Probe seen) {
    return new SelectionSettings(
        failover, hostsFromPaths, existsBelow, hasOnFailure, scriptTls, seen);
  }

  /**
   * Whether both take the same hosts from paths. The line numbers of the rules are not compared.
   */
  boolean hasSamePathRules(SelectionSettings other) {
    return texts(hostsFromPaths).equals(texts(other.hostsFromPaths));
  }

  private static List<String> texts(List<HostFromPath> rules) {
    return rules.stream().map(HostFromPath::toString).toList();
  }
}
