// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The value of a Date field (RFC 9110 §5.6.7), formatted once per second instead of once per
 * response. The clock is read for each, because a timer that does it would wake an idle loop. One
 * per event loop, on its thread.
 */
public final class DateField {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private long second = Long.MIN_VALUE;
  private byte[] text = {};

  /** The current second; 29 bytes, not to be changed. */
  public byte[] now() {
    long now = Math.floorDiv(System.currentTimeMillis(), 1000L);
    if (now != second) {
      second = now;
      text = FORMAT.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
    }
    return text;
  }
}
