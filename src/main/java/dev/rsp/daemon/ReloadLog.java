// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last reloads and overrides and what came of them. Thread-safe. */
final class ReloadLog {
  /** Enough to see a series of edits. */
  private static final int KEPT = 20;

  /** A refusal may name thousands of lines of a file. */
  private static final int MOST_LINES = 100;

  private final Deque<Map<String, @Nullable Object>> last = new ArrayDeque<>();
  private final Map<Kind, Results> results = new EnumMap<>(Kind.class);
  private long count;

  /** What puts another configuration in force. */
  enum Kind {
    RELOAD,
    OVERRIDE;

    private String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How many were accepted and refused since the start. */
  record Results(long accepted, long refused) {
    private static final Results NONE = new Results(0, 0);

    private Results and(boolean isAccepted) {
      return new Results(accepted + (isAccepted ? 1 : 0), refused + (isAccepted ? 0 : 1));
    }
  }

  /**
   * Adds one.
   *
   * @param generation what is in force now; 0 if nothing is
   * @param by who asked for it
   */
  synchronized void add(Kind kind, ReloadResult result, long generation, String by) {
    List<String> lines = new ArrayList<>(result.lines());
    int more = lines.size() - MOST_LINES;
    if (more > 0) {
      lines = new ArrayList<>(lines.subList(0, MOST_LINES));
      lines.add("and " + more + " more lines, which are in the log");
    }
    Map<String, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("at", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
    entry.put("kind", kind.text());
    entry.put("accepted", result.accepted());
    entry.put("generation", generation);
    entry.put("by", by);
    entry.put("lines", List.copyOf(lines));
    results.put(kind, results(kind).and(result.accepted()));
    last.addFirst(entry);
    count++;
    if (last.size() > KEPT) {
      last.removeLast();
    }
  }

  /** The last ones, the newest first. */
  synchronized List<Map<String, @Nullable Object>> entries() {
    return List.copyOf(last);
  }

  /** Those after the first so many, the oldest first, as far as they are kept. */
  synchronized List<Map<String, @Nullable Object>> since(long seen) {
    List<Map<String, @Nullable Object>> newer = new ArrayList<>();
    long fresh = count - seen;
    for (Map<String, @Nullable Object> entry : last) {
      if (newer.size() < fresh) {
        newer.add(0, entry);
      }
    }
    return newer;
  }

  /** How many of a kind were accepted and refused since the start. */
  synchronized Results results(Kind kind) {
    return results.getOrDefault(kind, Results.NONE);
  }

  /** How many there were since the start. */
  synchronized long count() {
    return count;
  }
}
