// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.lua.Program;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.Transport;
import java.nio.charset.StandardCharsets;

/**
 * Does on a thread of its own what the start of the proxy needs soon: loads the native library of
 * the transport, and the classes that run Lua. Each is needed once, and whoever needs it first
 * waits until it is there, so the order does not matter.
 */
final class Preload {
  private static final byte[] SCRIPT = "backends = {}".getBytes(StandardCharsets.US_ASCII);

  private Preload() {}

  /**
   * Begins, and returns at once. What fails here fails again, and is reported, where it is used.
   */
  static void begin() {
    var thread = new Thread(Preload::load, "preload");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((ended, failure) -> {});
    thread.start();
  }

  private static void load() {
    try {
      Program.compile("preload", SCRIPT).loaded();
    } catch (ScriptException e) {
      throw new IllegalStateException(e);
    }
    Transport.of("auto");
    new MemoryBudget();
  }
}
