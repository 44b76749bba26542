// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.Program;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a configuration file says. It never changes; a reload makes a new one.
 *
 * @param listenAt for each address to listen on where the file sets it: {@code file:line: key}
 * @param loops event loops, at least 1
 * @param defaultHost the canonical host of a request that names none (HTTP/1.0); null to refuse it
 * @param trustForwarded whether what clients say of the hops before them is passed on
 * @param program the file, to be run once per loop for its {@code select}
 * @param hasSelect whether the file defines {@code select}; if not, hosts are hashed
 */
public record Config(
    List<ListenAddress> listen,
    List<String> listenAt,
    List<Slot> slots,
    Timeouts timeouts,
    Limits limits,
    int loops,
    @Nullable String defaultHost,
    boolean trustForwarded,
    Program program,
    boolean hasSelect) {
  public Config {
    listen = List.copyOf(listen);
    listenAt = List.copyOf(listenAt);
    slots = List.copyOf(slots);
    if (listen.isEmpty() || slots.isEmpty() || loops < 1) {
      throw new IllegalArgumentException(
          "listen: %d, slots: %d, loops: %d (expected: >= 1 each)"
              .formatted(listen.size(), slots.size(), loops));
    }
  }
}
