// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.lua.Program;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.Transport;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/**
 * Does on threads of its own what the start of the proxy needs soon: initializes the log, loads the
 * native library of the transport, and the classes that run Lua. Each is needed once, and whoever
 * needs it first waits until it is there. The log is the exception: see {@link #awaitLog}.
 */
final class Preload {
  private static final byte[] SCRIPT = "backends = {}".getBytes(StandardCharsets.US_ASCII);

  private final CountDownLatch log = new CountDownLatch(1);

  private Preload() {}

  /**
   * Begins, and returns at once. What fails here fails again, and is reported, where it is used.
   */
  static Preload begin() {
    var preload = new Preload();
    start("preload-lua", preload::loadLua);
    start("preload-net", preload::loadNet);
    return preload;
  }

  /**
   * Waits until loggers can be made. If two threads need the first one at the same time, SLF4J
   * gives one of them a substitute and warns on standard error.
   */
  void awaitLog() {
    try {
      log.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void start(String name, Runnable load) {
    var thread = new Thread(load, name);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((ended, failure) -> {});
    thread.start();
  }

  private void loadLua() {
    try {
      Program compiled = Program.compile("preload", SCRIPT);
      awaitLog(); // scripts can log
      compiled.loaded();
    } catch (ScriptException e) {
      throw new IllegalStateException(e);
    }
  }

  private void loadNet() {
    try {
      LoggerFactory.getILoggerFactory();
    } finally {
      log.countDown();
    }
    Transport.of("auto");
    new MemoryBudget();
  }
}
