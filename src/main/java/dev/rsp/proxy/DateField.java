// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The value of a Date field for the current second (RFC 9110 §5.6.7). One event loop's. */
final class DateField {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private long second = Long.MIN_VALUE;
  private byte[] text = {};

  /** 29 bytes, not to be changed. */
  byte[] now() {
    long millis = System.currentTimeMillis();
    if (Math.floorDiv(millis, 1000L) != second) {
      second = Math.floorDiv(millis, 1000L);
      text = FORMAT.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
    }
    return text;
  }
}
