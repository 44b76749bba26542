// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A time in an option: so long ago, or a time of day in UTC. */
final class UsageTime {
  /** What is accepted, for error messages. */
  static final String FORMS =
      "30m, 24h or 7d ago, or a time in UTC such as 2026-11-01, 2026-11-27T15 or 2026-11-27T15:00Z";

  private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([mhd])");

  private static final Pattern UTC =
      Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}(?::[0-9]{2}){0,2})Z?)?");

  private static final Map<String, ChronoUnit> UNITS =
      Map.of("m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS, "d", ChronoUnit.DAYS);

  private UsageTime() {}

  /** The time; null if the text is none. */
  static @Nullable Instant parse(String text, Instant now) {
    Matcher ago = AGO.matcher(text);
    ChronoUnit unit = ago.matches() ? UNITS.get(ago.group(2)) : null;
    if (unit != null) {
      return now.minus(Long.parseLong(ago.group(1)), unit);
    }
    Matcher utc = UTC.matcher(text);
    if (!utc.matches()) {
      return null;
    }
    String time = utc.group(2) == null ? "00:00" : utc.group(2);
    try {
      return LocalDateTime.parse(utc.group(1) + "T" + (time.length() == 2 ? time + ":00" : time))
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
