// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts what happens on the HTTP/2 connections of one loop. Only the loop counts; any thread may
 * read, and may see a slightly older count.
 */
public final class Http2Counters {
  /** What is counted. */
  public enum Event {
    /** A connection whose client speaks HTTP/2. */
    CONNECTION,
    /** A stream on which a request came. */
    STREAM,
    /** A stream above {@code limits.http2_streams}, or behind the last GOAWAY. */
    REFUSED_STREAM,
    /** A stream that the client has reset. */
    CLIENT_RESET,
    /** A stream or frame that was answered by a reset because it was malformed. */
    ERROR_RESET,
    /** A connection that ended by an error of the client. */
    CONNECTION_ERROR,
    /** A connection that ended because its client made rsp work for nothing. */
    FLOOD;

    /** The name in figures: lower case, words joined by an underscore. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final AtomicLongArray counts = new AtomicLongArray(Event.values().length);

  /** Counts one. The loop's thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  void count(Event event) {
    int at = event.ordinal();
    counts.setOpaque(at, counts.getPlain(at) + 1);
  }

  /** How often it happened. Any thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  public long get(Event event) {
    return counts.getOpaque(event.ordinal());
  }
}
