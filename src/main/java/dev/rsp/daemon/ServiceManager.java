// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.log.IoReason;
import dev.rsp.log.UnixDatagrams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager how the daemon is: sd_notify(3). Without one, and if it does not
 * listen, nothing happens.
 *
 * <p>Any thread; does not block.
 */
final class ServiceManager {
  private static final Logger log = LoggerFactory.getLogger(ServiceManager.class);

  /** A message of a few lines. */
  private static final int MOST_BYTES = 1024;

  private final @Nullable UnixDatagrams socket;

  /** How often {@link #alive} is expected; 0 for never. */
  private final long watchdogMillis;

  /** Why it cannot be told anything; empty if it can, or if there is none. */
  private final String failure;

  private ServiceManager(@Nullable UnixDatagrams socket, long watchdogMillis, String failure) {
    this.socket = socket;
    this.watchdogMillis = watchdogMillis;
    this.failure = failure;
  }

  /** The service manager that has started this process. */
  static ServiceManager of(Map<String, String> environment) {
    String path = environment.get("NOTIFY_SOCKET");
    if (path == null || path.isEmpty()) {
      return new ServiceManager(null, 0, "");
    }
    try {
      // sd_notify(3): @ is the zero character with which abstract names begin.
      String name = path.startsWith("@") ? "\0" + path.substring(1) : path;
      return new ServiceManager(UnixDatagrams.to(name), watchdogMillis(environment), "");
    } catch (IOException e) {
      return new ServiceManager(null, 0, IoReason.of(e));
    }
  }

  /** sd_watchdog_enabled(3): in microseconds, and only for the process that is named. */
  private static long watchdogMillis(Map<String, String> environment) {
    String micros = environment.getOrDefault("WATCHDOG_USEC", "");
    String pid = environment.get("WATCHDOG_PID");
    boolean ours = pid == null || pid.equals(Long.toString(ProcessHandle.current().pid()));
    return ours && micros.matches("[0-9]{1,15}")
        ? TimeUnit.MICROSECONDS.toMillis(Long.parseLong(micros))
        : 0;
  }

  /** How often {@link #alive} is to be called, in milliseconds; 0 for never. */
  long aliveEveryMillis() {
    return watchdogMillis / 2; // sd_watchdog_enabled(3) recommends half of the time
  }

  /** Logs why it cannot be told anything, if there is one. */
  void logIfUnknown() {
    if (!failure.isEmpty()) {
      log.warn("the service manager is not told of the state of rsp: NOTIFY_SOCKET: {}", failure);
    }
  }

  /** The daemon serves, or serves again after {@link #reloading}. */
  void ready(String status) {
    send("READY=1\nSTATUS=" + line(status));
  }

  /** A reload begins. */
  void reloading() {
    // sd_notify(3): needed with Type=notify-reload; the clock of nanoTime is CLOCK_MONOTONIC.
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime());
    send("RELOADING=1\nMONOTONIC_USEC=" + micros);
  }

  /** The daemon stops. */
  void stopping() {
    send("STOPPING=1\nSTATUS=drains");
  }

  /** The daemon is alive. */
  void alive() {
    send("WATCHDOG=1");
  }

  private static String line(String text) {
    return text.replace('\n', ' ');
  }

  private synchronized void send(String message) {
    UnixDatagrams open = socket;
    if (open == null) {
      return;
    }
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    ByteBuffer datagram = ByteBuffer.allocateDirect(MOST_BYTES);
    datagram.put(bytes, 0, Math.min(bytes.length, MOST_BYTES)).flip();
    try {
      if (!open.send(datagram)) {
        log.debug("the service manager takes no message");
      }
    } catch (IOException e) {
      log.debug("the service manager does not listen", e);
    }
  }
}
