// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Writes times; the text of a second is made once. Confined to one event loop. */
final class TimeText {
  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.", Locale.ROOT).withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("dd/MMM/uuuu:HH:mm:ss xx", Locale.ENGLISH);

  private final DateTimeFormatter local;
  private long utcSecond = Long.MIN_VALUE;
  private long localSecond = Long.MIN_VALUE;
  private byte[] utcText = {};
  private byte[] localText = {};

  TimeText(ZoneId zone) {
    local = LOCAL.withZone(zone);
  }

  /** As {@code 2026-11-27T13:50:12.345Z}. */
  void putUtc(LineBuffer out, long epochMillis) {
    long second = Math.floorDiv(epochMillis, 1000L);
    if (second != utcSecond) {
      utcSecond = second;
      utcText = text(UTC, second);
    }
    out.put(utcText);
    int millis = (int) Math.floorMod(epochMillis, 1000L);
    out.put((byte) ('0' + millis / 100));
    out.put((byte) ('0' + millis / 10 % 10));
    out.put((byte) ('0' + millis % 10));
    out.put((byte) 'Z');
  }

  /** As {@code 27/Nov/2026:14:50:12 +0100}. */
  void putLocal(LineBuffer out, long epochMillis) {
    long second = Math.floorDiv(epochMillis, 1000L);
    if (second != localSecond) {
      localSecond = second;
      localText = text(local, second);
    }
    out.put(localText);
  }

  private static byte[] text(DateTimeFormatter format, long second) {
    return format.format(Instant.ofEpochSecond(second)).getBytes(StandardCharsets.US_ASCII);
  }
}
