// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The value of a Date field (RFC 9110 §5.6.7), formatted once per second instead of once per
 * response. One per event loop, on its thread.
 */
public final class DateField {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private long second = Long.MIN_VALUE;
  private byte[] text = {};

  /** A field with the current second. */
  public DateField() {
    refresh();
  }

  /** The second of the last {@link #refresh}; 29 bytes, not to be changed. */
  public byte[] now() {
    return text;
  }

  /** Reads the clock. Call it more often than once per second. */
  public void refresh() {
    long now = Math.floorDiv(System.currentTimeMillis(), 1000L);
    if (now != second) {
      second = now;
      text = FORMAT.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
    }
  }
}
