// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The value of a Date field (RFC 9110 §5.6.7), made once a second instead of once per response. One
 * event loop's.
 */
final class DateField {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private long second = Long.MIN_VALUE;
  private byte[] text = {};

  DateField() {
    refresh();
  }

  /** The second of the last {@link #refresh}; 29 bytes, not to be changed. */
  byte[] now() {
    return text;
  }

  /** Looks at the clock. */
  void refresh() {
    long now = Math.floorDiv(System.currentTimeMillis(), 1000L);
    if (now != second) {
      second = now;
      text = FORMAT.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
    }
  }
}
