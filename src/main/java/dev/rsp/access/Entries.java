// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one loop: gives them out to exchanges that begin, and takes them back when all
 * that read them have done so. Confined to its loop.
 */
public final class Entries {
  /** So many exchanges at once find an entry that was used before; about 1.5 KiB each. */
  private static final int MOST_FREE = 1024;

  /** The fields of requests that are kept; null if only the host is. */
  private final @Nullable List<String> requestFields;

  private final Deque<Entry> free = new ArrayDeque<>();

  private Entries(@Nullable List<String> requestFields) {
    this.requestFields = requestFields;
  }

  /** Entries that keep the texts that this log writes. */
  public static Entries of(AccessLog log) {
    return new Entries(log.settings().format().requestFields());
  }

  /** Entries for readers that need no more texts of a request than its host. */
  public static Entries withoutTexts() {
    return new Entries(null);
  }

  /**
   * An entry for an exchange that begins now.
   *
   * @param generation the number of the configuration in force
   */
  public Entry begin(long generation) {
    Entry entry = free.pollLast();
    if (entry == null) {
      entry = new Entry(requestFields);
    }
    entry.begin(generation);
    return entry;
  }

  /** Takes an entry back, whose exchange has ended and which nothing reads any more. */
  public void free(Entry entry) {
    // One of the configuration before may keep other texts.
    if (entry.keeps(requestFields) && free.size() < MOST_FREE) {
      free.addLast(entry);
    }
  }
}
