// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Room for the bodies of requests. A candidate for the configuration may be as long as a
 * configuration, and only one is held at a time. Thread-safe.
 */
final class Bodies {
  /** No other command has a body that is longer. */
  private static final int MOST_BYTES = 1 << 16;

  /** As {@code ConfigLoader} allows. */
  private static final int MOST_CANDIDATE_BYTES = 64 << 20;

  /** How much of the free heap it may take: it is copied and parsed. */
  private static final int PART_OF_HEAP = 8;

  private static final Set<String> CANDIDATES = Set.of("POST /api/plan", "POST /api/space");

  private final AtomicBoolean candidate = new AtomicBoolean();

  /**
   * Room for the body of a request.
   *
   * @param command method and path
   * @return null if there is none
   */
  @Nullable Body of(String command, HttpHeaders fields) {
    String text = fields.get(HttpHeaderNames.CONTENT_LENGTH, "0");
    long length = text.matches("[0-9]{1,10}") ? Long.parseLong(text) : Long.MAX_VALUE;
    if (length <= MOST_BYTES) {
      return new Body(MOST_BYTES, () -> {});
    }
    boolean fits =
        CANDIDATES.contains(command) && length <= MOST_CANDIDATE_BYTES && hasHeap(length);
    return fits && candidate.compareAndSet(false, true)
        ? new Body((int) length, () -> candidate.set(false))
        : null;
  }

  private static boolean hasHeap(long length) {
    Runtime java = Runtime.getRuntime();
    long free = java.maxMemory() - java.totalMemory() + java.freeMemory();
    return length <= free / PART_OF_HEAP;
  }
}
