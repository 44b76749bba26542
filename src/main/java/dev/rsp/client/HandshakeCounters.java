// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts the TLS handshakes of one loop by their result. Only the loop counts; any thread may read,
 * and may see a slightly older count.
 */
public final class HandshakeCounters {
  /** How a handshake ended. */
  public enum Result {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3"),
    /** There is no certificate for the name that the client asks for. */
    UNRECOGNIZED_NAME("unrecognized_name"),
    /** {@code timeouts.head}. */
    LATE("late"),
    /** It failed for another reason, or the client closed. */
    FAILED("failed");

    private final String label;

    Result(String label) {
      this.label = label;
    }

    /** The name in figures. */
    public String label() {
      return label;
    }
  }

  private final AtomicLongArray counts = new AtomicLongArray(Result.values().length);

  /** Counts one. The loop's thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  void count(Result result) {
    int at = result.ordinal();
    counts.setOpaque(at, counts.getPlain(at) + 1);
  }

  /** How many ended like that. Any thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  public long get(Result result) {
    return counts.getOpaque(result.ordinal());
  }
}
