// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The marks of 128 bits that a {@link Canary} puts into messages, and those that were found where
 * they must not be.
 */
final class Marks {
  private static final Pattern MARK = Pattern.compile("C[0-9a-f]{32}");
  private static final Pattern OWN_MARK = Pattern.compile("B[0-9a-f]{32}");

  private final AtomicLong foreign = new AtomicLong();
  private final Queue<String> findings = new ConcurrentLinkedQueue<>();

  /** Checks that a text has only marks of one request. */
  void same(String mark, String text, String where) {
    String found = client(text, where);
    only(OWN_MARK, text, where);
    if (!found.isEmpty() && !found.equals(mark)) {
      found(where + ": " + found + " (expected: " + mark + ")\n" + text);
    }
  }

  /** The one mark of a client in a text; "" if there is none. */
  String client(String text, String where) {
    return only(MARK, text, where);
  }

  /** The one mark of a kind in a text; "" if there is none. */
  private String only(Pattern kind, String text, String where) {
    Matcher marks = kind.matcher(text);
    String first = "";
    while (marks.find()) {
      if (first.isEmpty()) {
        first = marks.group();
      } else if (!first.equals(marks.group())) {
        found(where + ": " + marks.group() + " beside " + first + "\n" + text);
        return first;
      }
    }
    return first;
  }

  private void found(String what) {
    foreign.incrementAndGet();
    note(what);
  }

  /** Keeps it if it is one of the first. */
  void note(String what) {
    if (findings.size() < 10) {
      findings.add(what);
    }
  }

  static String ofClient() {
    return mark("C");
  }

  static String ofBackend() {
    return mark("B");
  }

  private static String mark(String kind) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return kind + "%016x%016x".formatted(random.nextLong(), random.nextLong());
  }

  /** How many marks were found where they must not be. */
  long foreign() {
    return foreign.get();
  }

  /** The first of them, with the text around them. */
  Queue<String> findings() {
    return findings;
  }
}
