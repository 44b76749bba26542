// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.WireOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a file says beyond addresses and how to choose among them: all that is known before a name
 * is resolved or a script asked.
 *
 * @param held how much of requests is held that cannot be sent yet
 * @param loops event loops, at least 1
 * @param defaultHost the canonical host of a request that names none (HTTP/1.0); null to refuse it
 * @param trustForwarded whether what clients say of the hops before them is passed on
 * @param wire what it says of how strictly messages are read, and of this proxy's name in Via
 * @param initialise how a site is started whose backend is not there; null if it is not
 * @param hasSelect whether the file defines {@code select}; if not, hosts are hashed
 * @param foresight what it says about seeing ahead
 */
public record Settings(
    Timeouts timeouts,
    Limits limits,
    Held held,
    int loops,
    @Nullable String defaultHost,
    boolean trustForwarded,
    WireOptions wire,
    @Nullable Initialise initialise,
    boolean hasSelect,
    Foresight foresight) {
  public Settings {
    if (loops < 1) {
      throw new IllegalArgumentException("loops: " + loops + " (expected: >= 1)");
    }
  }
}
