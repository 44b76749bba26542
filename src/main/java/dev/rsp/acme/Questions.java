// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The questions whether hosts are allowed: those that are not answered yet, and the rule that
 * answers them. Thread-safe.
 */
final class Questions {
  private static final Logger log = LoggerFactory.getLogger(Questions.class);

  /** A rule that has not answered by then will not. */
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Counts counts;
  private final Ticker ticker;
  private final AllowCache answers;
  private final Map<String, Question> open = new LinkedHashMap<>();
  private Allow rule;
  private int renewals;

  /**
   * A question that is not answered yet.
   *
   * @param renewal whether it is asked for a renewal, else for those who wait
   * @param waiting who wait for the certificate
   */
  record Question(long sinceNanos, boolean renewal, List<Consumer<@Nullable String>> waiting) {}

  /**
   * No questions yet.
   *
   * @param ticker for the age of questions and answers: it must not jump as clocks do
   */
  Questions(Allow rule, Counts counts, Ticker ticker) {
    this.rule = rule;
    this.counts = counts;
    this.ticker = ticker;
    answers = new AllowCache(ticker);
  }

  /** Uses another rule from now on, also for the questions that are not answered yet. */
  synchronized void use(Allow next) {
    rule = next;
    answers.clear();
  }

  synchronized int size() {
    return open.size();
  }

  /** How many are asked for renewals. */
  synchronized int renewals() {
    return renewals;
  }

  synchronized boolean has(String host) {
    return open.containsKey(host);
  }

  /** The hosts that are asked for. */
  synchronized List<String> hosts() {
    return List.copyOf(open.keySet());
  }

  /** Has some wait for an answer. Returns whether this is a new question, to be asked then. */
  synchronized boolean add(String host, Collection<Consumer<@Nullable String>> waiting) {
    Question question = open.get(host);
    boolean isNew = question == null;
    if (question == null) {
      question = new Question(ticker.read(), false, new ArrayList<>(2));
      open.put(host, question);
    }
    question.waiting.addAll(waiting);
    return isNew;
  }

  /** The same for a renewal, for which nobody waits. */
  synchronized boolean addRenewal(String host) {
    if (open.containsKey(host)) {
      return false;
    }
    open.put(host, new Question(ticker.read(), true, new ArrayList<>(0)));
    renewals++;
    return true;
  }

  /** Ends a question; null if there is none, as when the answer came too late. */
  synchronized @Nullable Question remove(String host) {
    Question question = open.remove(host);
    renewals -= question != null && question.renewal ? 1 : 0;
    return question;
  }

  /** Ends the questions that the rule does not answer; returns who wait for them. */
  synchronized List<Consumer<@Nullable String>> removeLate() {
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    long now = ticker.read();
    for (Iterator<Question> all = open.values().iterator(); all.hasNext(); ) {
      Question question = all.next();
      if (now - question.sinceNanos < ASK_NANOS) {
        break; // the oldest are first
      }
      waiting.addAll(question.waiting);
      renewals -= question.renewal ? 1 : 0;
      all.remove();
    }
    return waiting;
  }

  /** Ends all questions; returns who wait for them. */
  synchronized List<Consumer<@Nullable String>> removeAll() {
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    open.values().forEach(question -> waiting.addAll(question.waiting));
    open.clear();
    renewals = 0;
    return waiting;
  }

  /**
   * Asks the rule, if the answer is not known. May take as long as the rule takes for a call.
   *
   * @param then gets the answer, on any thread
   */
  void ask(String host, Consumer<Allow.Answer> then) {
    Allow asked;
    Allow.Answer known;
    synchronized (this) {
      asked = rule;
      known = answers.get(host);
    }
    if (known != null) {
      then.accept(known);
      return;
    }
    try {
      asked.ask(host, answer -> answered(asked, host, answer, then));
    } catch (RuntimeException e) {
      log.error("cannot ask whether certificates are allowed for host={}", host, e);
      then.accept(Allow.Answer.UNKNOWN);
    }
  }

  private void answered(
      Allow asked, String host, Allow.Answer answer, Consumer<Allow.Answer> then) {
    counts.countAnswer(answer);
    boolean isCurrent;
    synchronized (this) {
      isCurrent = asked == rule;
      if (isCurrent) {
        answers.put(host, answer);
      }
    }
    if (isCurrent) {
      then.accept(answer);
    } else {
      ask(host, then); // a reload has changed the rule meanwhile
    }
  }
}
