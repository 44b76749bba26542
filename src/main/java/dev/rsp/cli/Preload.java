// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.lua.Program;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.Transport;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/**
 * Does on threads of its own what the start of the proxy needs soon: loads the native library of
 * the transport, and the classes that run Lua. Each is needed once, and whoever needs it first
 * waits until it is there, so the order does not matter.
 */
final class Preload {
  private static final byte[] SCRIPT = "backends = {}".getBytes(StandardCharsets.US_ASCII);

  private Preload() {}

  /**
   * Begins, and returns when the log can be used. What fails here fails again, and is reported,
   * where it is used.
   */
  static void begin() {
    start("preload-lua", Preload::loadLua);
    // Netty logs. If two threads need the first logger at the same time, SLF4J gives one of them a
    // substitute and warns on standard error.
    LoggerFactory.getILoggerFactory();
    start("preload-net", Preload::loadNet);
  }

  private static void start(String name, Runnable load) {
    var thread = new Thread(load, name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((ended, failure) -> {});
    thread.start();
  }

  /** Does not log. */
  private static void loadLua() {
    try {
      Program.compile("preload", SCRIPT).loaded();
    } catch (ScriptException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void loadNet() {
    Transport.of("auto");
    new MemoryBudget();
  }
}
