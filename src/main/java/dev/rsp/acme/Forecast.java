// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many orders the next days need, and how many the CA's limits give.
 *
 * @param week the next 7 days
 * @param quarter the next 90 days
 * @param missing hosts without a certificate
 * @param filled when all of them have one, if they are ordered as fast as the budget allows; null
 *     if that takes more than ten years
 * @param expiring about when the first certificate expires because the budget gives too few
 *     renewals; null if those that are due within the time that was looked at do not: 90 days, and
 *     until all is filled
 */
public record Forecast(
    Need week, Need quarter, int missing, @Nullable Instant filled, @Nullable Instant expiring) {
  /** Two thirds of 90 days, as of Let's Encrypt: where the store says nothing. */
  private static final int DEFAULT_SPAN_DAYS = 60;

  private static final int WEEK = 7;
  private static final int QUARTER = 90;

  /** Ten years. */
  private static final int MOST_DAYS = 3_650;

  private static final long DAY_SECONDS = 86_400;

  /**
   * What some days need.
   *
   * @param days from now
   * @param renewals orders that replace certificates, if each is made in time
   * @param free whether renewals do not count for the limits of the CA, because it announces them
   *     (RFC 9773)
   * @param first orders for hosts without a certificate
   * @param given orders that the budget gives in these days
   */
  public record Need(int days, long renewals, boolean free, long first, long given) {
    /** Orders that count for the limits. */
    public long counted() {
      return first + (free ? 0 : renewals);
    }

    /** Whether the budget gives what is needed. */
    public boolean fits() {
      return counted() <= given;
    }

    private Map<String, @Nullable Object> values() {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("days", days);
      values.put("renewals", renewals);
      values.put("renewals_free", free);
      values.put("first", first);
      values.put("given", given);
      values.put("fits", fits());
      return values;
    }
  }

  /** Whether all hosts get and keep their certificates within 90 days. */
  public boolean fits() {
    return quarter.fits() && expiring == null;
  }

  /** For JSON. */
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("week", week.values());
    values.put("quarter", quarter.values());
    values.put("missing", missing);
    values.put("filled", filled == null ? null : filled.toString());
    values.put("expiring", expiring == null ? null : expiring.toString());
    values.put("fits", fits());
    return values;
  }

  /**
   * Looks ahead.
   *
   * @param stored what is in the store
   * @param missing how many more hosts are expected
   * @param settings with the budget
   * @param free whether the CA announces renewals, which then do not count for its limits
   */
  public static Forecast of(
      List<HostReport> stored, int missing, AcmeSettings settings, boolean free, Instant now) {
    double perDay = DAY_SECONDS / settings.secondsPerOrder();
    int span = spanDays(stored);
    long[] due = due(stored, now);
    return new Forecast(
        need(WEEK, due, span, missing, perDay, free),
        need(QUARTER, due, span, missing, perDay, free),
        missing,
        free
            ? filledAlone(missing, perDay, now)
            : new Days(due, span, spareDays(stored), perDay).filled(missing, now),
        free ? null : new Days(due, span, spareDays(stored), perDay).expiring(missing, now));
  }

  /** Renewals of each day; those that are late are of the first. */
  private static long[] due(List<HostReport> stored, Instant now) {
    long[] due = new long[MOST_DAYS];
    for (HostReport host : stored) {
      Instant renewal = host.renewal();
      if (renewal != null) {
        long day = Math.max(0, Duration.between(now, renewal).toDays());
        if (day < MOST_DAYS) {
          due[(int) day]++;
        }
      }
    }
    return due;
  }

  /** Days from the begin of a certificate to its renewal, on average. */
  private static int spanDays(List<HostReport> stored) {
    double days =
        stored.stream()
            .filter(host -> host.notBefore() != null && host.renewal() != null)
            .mapToDouble(host -> days(host.notBefore(), host.renewal()))
            .average()
            .orElse(DEFAULT_SPAN_DAYS);
    return (int) Math.max(1, Math.round(days));
  }

  /** Days from a renewal to the end of the certificate, on average. */
  private static int spareDays(List<HostReport> stored) {
    double days =
        stored.stream()
            .filter(host -> host.renewal() != null && host.notAfter() != null)
            .mapToDouble(host -> days(host.renewal(), host.notAfter()))
            .average()
            .orElse(DEFAULT_SPAN_DAYS / 2.0);
    return (int) Math.max(1, Math.floor(days));
  }

  private static double days(@Nullable Instant from, @Nullable Instant to) {
    return from == null || to == null
        ? 0
        : Duration.between(from, to).toSeconds() / (double) DAY_SECONDS;
  }

  private static Need need(
      int days, long[] due, int span, int missing, double perDay, boolean free) {
    long[] all = due.clone();
    long renewals = 0;
    for (int day = 0; day < days; day++) {
      renewals += all[day];
      if (day + span < days) {
        all[day + span] += all[day];
      }
    }
    // Hosts that are missing now are renewed too, if their certificates are short enough.
    renewals += (long) missing * ((days - 1) / span);
    return new Need(days, renewals, free, missing, (long) (perDay * days));
  }

  private static @Nullable Instant filledAlone(int missing, double perDay, Instant now) {
    double days = missing / perDay;
    return days > MOST_DAYS ? null : now.plusSeconds((long) (days * DAY_SECONDS));
  }

  /** Day after day, with the shares of {@link Budget}. */
  private static final class Days {
    private final long[] due;
    private final int span;
    private final int spare;
    private final double perDay;
    private @Nullable Instant filled;
    private @Nullable Instant expiring;

    Days(long[] due, int span, int spare, double perDay) {
      this.due = due;
      this.span = span;
      this.spare = spare;
      this.perDay = perDay;
    }

    @Nullable Instant filled(int missing, Instant now) {
      run(missing, now);
      return filled;
    }

    @Nullable Instant expiring(int missing, Instant now) {
      run(missing, now);
      return expiring;
    }

    private void run(int missing, Instant now) {
      double[] renewals = new double[MOST_DAYS];
      for (int day = 0; day < MOST_DAYS; day++) {
        renewals[day] = due[day];
      }
      filled = missing == 0 ? now : null;
      expiring = null;
      double left = missing;
      double late = 0;
      for (int day = 0; day < MOST_DAYS && (day < QUARTER || left > 0); day++) {
        double wanted = renewals[day] + late;
        double renewed = Math.min(wanted, left > 0 ? perDay * Budget.SHARE : perDay);
        late = wanted - renewed;
        double given = Math.min(left, perDay - renewed);
        left -= given;
        if (left < 1e-6 && filled == null) {
          double part = given / perDay;
          filled = now.plusSeconds((long) ((day + part) * DAY_SECONDS));
          left = 0;
        }
        // What is due on this day waits for all that is late, and has so many days for that.
        if (late > perDay * spare && expiring == null) {
          expiring = now.plusSeconds((day + 1L + spare) * DAY_SECONDS);
        }
        if (day + span < MOST_DAYS) {
          renewals[day + span] += renewed + given;
        }
      }
    }
  }
}
