// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.junit.jupiter.api.Test;

/** The value of a Date field: RFC 9110 §5.6.7. */
final class DateFieldTest {
  @Test
  void isTheCurrentSecondInTheFormOfTheStandard() {
    long before = second();
    var date = new DateField();
    long after = second();
    String text = new String(date.now(), StandardCharsets.US_ASCII);
    assertEquals(29, text.length(), text);
    assertTrue(text.endsWith(" GMT"), text);
    long shown = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toEpochSecond();
    assertTrue(before <= shown && shown <= after, text);
  }

  @Test
  void isFormattedOncePerSecond() {
    var date = new DateField();
    long deadline = System.nanoTime() + 10_000_000_000L;
    boolean same = false;
    boolean other = false;
    while (!(same && other) && System.nanoTime() < deadline) {
      byte[] earlier = date.now();
      long before = second();
      byte[] now = date.now();
      if (now == earlier) {
        same = true;
      } else {
        other = true;
        assertNotEquals(text(earlier), text(now));
      }
      byte[] later = date.now();
      if (second() == before) {
        assertSame(now, later);
      }
    }
    assertTrue(same && other, "the same value: " + same + ", another: " + other);
  }

  private static String text(byte[] value) {
    return new String(value, StandardCharsets.US_ASCII);
  }

  private static long second() {
    return Instant.now().getEpochSecond();
  }
}
