// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the descriptors that a configuration may need with those that the process may open. */
final class Descriptors {
  private static final Logger log = LoggerFactory.getLogger(Descriptors.class);

  /** Linux: proc(5). Java has raised the soft limit to the hard one by then. */
  private static final Path LIMITS = Path.of("/proc/self/limits");

  private static final String OPEN_FILES = "Max open files";

  /**
   * The log, libraries, the journal, names, signals, and a reload's own files: some 20 are open.
   */
  private static final int OWN = 64;

  /** A selector of at most four descriptors, a listening socket, and the same again in a reload. */
  private static final int PER_LOOP = 8;

  /** As many of those over the limit may wait for their 503: ConnectionCount. */
  private static final int TURNED_AWAY_SHARE = 16;

  private Descriptors() {}

  /**
   * How many descriptors may be open at once: two for each connection of a client, one more for
   * each that waits for its 503, and rsp's own. Idle connections to backends are not counted: under
   * full load they are few.
   */
  static long needed(int connections, int loops) {
    return 2L * connections + connections / TURNED_AWAY_SHARE + OWN + (long) PER_LOOP * loops;
  }

  /** Logs a warning if the process may not open enough. */
  static void check(Config config) {
    try {
      long allowed = allowed(Files.readAllLines(LIMITS));
      String warning = warning(config.limits().connections(), config.loops(), allowed);
      if (warning != null) {
        log.warn("{}", warning);
      }
    } catch (IOException e) {
      log.debug("the limit of descriptors is not known", e); // not Linux
    }
  }

  /** The warning; null if that many are enough. */
  static @Nullable String warning(int connections, int loops, long allowed) {
    long needed = needed(connections, loops);
    if (needed <= allowed) {
      return null;
    }
    return "too few descriptors for limits.connections = "
        + connections
        + ": "
        + needed
        + " may be needed, and this process may open "
        + allowed
        + ". Raise the limit (LimitNOFILE, ulimit -n), or lower limits.connections";
  }

  /** The soft limit in the text of proc(5); the largest number if there is none. */
  static long allowed(List<String> limits) {
    for (String line : limits) {
      if (line.startsWith(OPEN_FILES)) {
        String soft = line.substring(OPEN_FILES.length()).strip().split(" +", 2)[0];
        return soft.matches("[0-9]{1,18}") ? Long.parseLong(soft) : Long.MAX_VALUE;
      }
    }
    return Long.MAX_VALUE;
  }
}
