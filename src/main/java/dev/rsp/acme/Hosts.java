// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All hosts with certificates or failures, and what else survives a restart: the budget, the pause
 * of the CA. It is read from the lines of the log of orders, and written as such. Not thread-safe.
 */
final class Hosts {
  private static final String NONE = "-";
  private static final String FIRST = "first";
  private static final String RENEWAL = "renewal";

  /** The time of an order that is among those of the budget already: only its host counts. */
  private static final long UNCOUNTED = 0;

  /** No budget has a longer window. */
  private static final long MAX_WINDOW_MILLIS =
      TimeUnit.SECONDS.toMillis(AcmeSettings.MAX_PER_SECONDS);

  /** Longer reasons of CAs are cut. */
  private static final int MAX_REASON = 500;

  /** After this time without a new try, the failure of a host without certificate is forgotten. */
  private static final long FORGET_MILLIS = 7 * 86_400_000L;

  private final String account;
  private final Budget budget;
  private final Pause pause;
  private final Map<String, HostState> byName = new HashMap<>();

  /** Those with a certificate, by the time at which they are looked at. */
  private final NavigableSet<HostState> byTime =
      new TreeSet<>(
          Comparator.<HostState>comparingLong(HostState::nextMillis)
              .thenComparing(HostState::name));

  /** Orders of other accounts: they count if the CA is changed back. */
  private final List<OtherOrder> otherOrders = new ArrayList<>();

  /** What else is known of other accounts: the last line of each kind, by its first two words. */
  private final Map<String, String> others = new LinkedHashMap<>();

  /** Hosts with an order whose end is not in the log. */
  private final Set<String> unfinished = new HashSet<>();

  private boolean announces;
  private int lineCount;

  private record OtherOrder(long millis, String line) {}

  /**
   * No hosts yet.
   *
   * @param account that of the current directory
   */
  Hosts(String account, Budget budget, Pause pause) {
    this.account = account;
    this.budget = budget;
    this.pause = pause;
  }

  @Nullable HostState get(String host) {
    return byName.get(host);
  }

  HostState getOrAdd(String host) {
    return byName.computeIfAbsent(host, HostState::new);
  }

  Collection<HostState> all() {
    return byName.values();
  }

  int size() {
    return byName.size();
  }

  /** Hosts with a certificate. */
  int storedCount() {
    return byTime.size();
  }

  /** Whether the CA has announced renewals (RFC 9773). */
  boolean announces() {
    return announces;
  }

  void announces(boolean does) {
    announces = does;
  }

  /** The host that is to be looked at first; null if there is none. */
  @Nullable HostState next() {
    return byTime.isEmpty() ? null : byTime.first();
  }

  /** The certificate that an order for a host replaces (RFC 9773 §5); null if the CA knows none. */
  @Nullable String replaced(HostState host) {
    StoredCertificate before = host.certificate();
    return announces && before != null && before.account().equals(account) ? before.id() : null;
  }

  /** Looks at a host with a certificate at this time. */
  void lookAt(HostState host, long millis) {
    byTime.remove(host);
    host.nextMillis(millis);
    byTime.add(host);
  }

  /** Does not look at it any more. */
  void forgetTime(HostState host) {
    byTime.remove(host);
  }

  void forget(HostState host) {
    byTime.remove(host);
    byName.remove(host.name());
  }

  // The log ---------------------------------------------------------------------------------------

  /** Takes a line of the log; false if it is not understood. */
  boolean apply(String line) {
    lineCount++;
    try {
      if (line.startsWith("cert ")) { // most lines are
        return certificate(line.split(" ", -1));
      }
      String[] words = line.split(" ", 7);
      return switch (words[0]) {
        case "order" -> order(line, words);
        case "fail" -> failure(line.split(" ", 6));
        case "pause" -> pause(line, line.split(" ", 5));
        case "announces" -> announcement(line, words);
        default -> false;
      };
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private boolean order(String line, String[] words) {
    if (words.length != 5 || !(words[3].equals(FIRST) || words[3].equals(RENEWAL))) {
      return false;
    }
    long millis = Long.parseLong(words[2]);
    if (words[1].equals(account)) {
      if (millis != UNCOUNTED) {
        budget.add(words[3].equals(RENEWAL), millis);
      }
      if (CertifiableName.isOne(words[4])) {
        unfinished.add(words[4]);
      }
    } else {
      otherOrders.add(new OtherOrder(millis, line));
    }
    return true;
  }

  private boolean certificate(String[] words) {
    if (words.length != 8 || !CertifiableName.isOne(words[2])) {
      return false;
    }
    unfinished.remove(words[2]);
    stored(
        getOrAdd(words[2]),
        new StoredCertificate(
            words[1].equals(NONE) ? "" : words[1],
            Long.parseLong(words[3]),
            Long.parseLong(words[4]),
            Long.parseLong(words[5]),
            words[6].equals("announced"),
            words[7].equals(NONE) ? null : words[7]));
    return true;
  }

  private boolean failure(String[] words) {
    if (words.length != 6 || !CertifiableName.isOne(words[2])) {
      return false;
    }
    unfinished.remove(words[2]);
    int count = Integer.parseInt(words[3]);
    long retryMillis = Long.parseLong(words[4]);
    if (words[1].equals(account)) {
      getOrAdd(words[2]).failed(count, retryMillis, words[5]);
    }
    return true; // another CA may succeed
  }

  private boolean pause(String line, String[] words) {
    if (words.length != 5) {
      return false;
    }
    long until = Long.parseLong(words[2]);
    int failures = Integer.parseInt(words[3]);
    if (words[1].equals(account)) {
      pause.set(failures, until, words[4]);
    } else {
      others.put(words[0] + ' ' + words[1], line);
    }
    return true;
  }

  private boolean announcement(String line, String[] words) {
    if (words.length != 2) {
      return false;
    }
    if (words[1].equals(account)) {
      announces = true;
    } else {
      others.put(line, line);
    }
    return true;
  }

  /** Lines of the log that were taken. */
  int lineCount() {
    return lineCount;
  }

  /** Hosts whose orders may have ended with a certificate that is not in the log. */
  List<String> takeUnfinished() {
    List<String> taken = List.copyOf(unfinished);
    unfinished.clear();
    return taken;
  }

  /** A certificate is in the store. It is looked at when it is renewed, or at once if due. */
  void stored(HostState host, StoredCertificate certificate) {
    host.stored(certificate);
    lookAt(host, certificate.renewalMillis());
  }

  String orderLine(boolean renewal, long millis, String host) {
    return "order " + account + ' ' + millis + ' ' + (renewal ? RENEWAL : FIRST) + ' ' + host;
  }

  static String certificateLine(String host, StoredCertificate stored) {
    return "cert "
        + (stored.account().isEmpty() ? NONE : stored.account())
        + ' '
        + host
        + ' '
        + stored.notBeforeMillis()
        + ' '
        + stored.notAfterMillis()
        + ' '
        + stored.renewalMillis()
        + ' '
        + (stored.announced() ? "announced" : NONE)
        + ' '
        + (stored.id() == null ? NONE : stored.id());
  }

  String failureLine(String host, int failures, long retryMillis, @Nullable String reason) {
    return "fail " + account + ' ' + host + ' ' + failures + ' ' + retryMillis + ' ' + line(reason);
  }

  /** The pause of the CA as it is now. */
  String pauseLine() {
    return "pause "
        + account
        + ' '
        + pause.untilMillis()
        + ' '
        + pause.failures()
        + ' '
        + line(pause.reason());
  }

  String announcesLine() {
    return "announces " + account;
  }

  /** All lines that still matter. */
  List<String> lines(long nowMillis) {
    List<String> lines = new ArrayList<>(others.values());
    otherOrders.removeIf(order -> order.millis < nowMillis - MAX_WINDOW_MILLIS);
    otherOrders.forEach(order -> lines.add(order.line));
    if (announces) {
      lines.add(announcesLine());
    }
    budget.forEach(nowMillis, (renewal, millis) -> lines.add(orderLine(renewal, millis, NONE)));
    if (pause.failures() > 0) {
      lines.add(pauseLine());
    }
    byName.values().stream()
        .filter(host -> host.phase() == HostState.Phase.ORDERING)
        .forEach(host -> lines.add(orderLine(false, UNCOUNTED, host.name())));
    for (HostState host : List.copyOf(byName.values())) {
      StoredCertificate stored = host.certificate();
      if (stored != null) {
        lines.add(certificateLine(host.name(), stored));
      }
      if (host.failures() > 0) {
        if (stored == null && host.isIdle() && host.retryMillis() < nowMillis - FORGET_MILLIS) {
          byName.remove(host.name());
          continue;
        }
        lines.add(failureLine(host.name(), host.failures(), host.retryMillis(), host.problem()));
      }
    }
    return lines;
  }

  /** What a CA says, in one line of bounded length. */
  static String line(@Nullable String reason) {
    StringBuilder line = new StringBuilder();
    String text = reason == null || reason.isEmpty() ? "unknown" : reason;
    for (int i = 0; i < text.length() && i < MAX_REASON; i++) {
      char c = text.charAt(i);
      line.append(isVisible(c) ? c : ' ');
    }
    return line.toString();
  }

  /** Not what moves the cursor of a terminal, or changes the order of what it shows. */
  private static boolean isVisible(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
