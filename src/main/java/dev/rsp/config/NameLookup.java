// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Resolves many names in parallel, with a time limit.
 *
 * <p>A lookup of the system cannot be cancelled. Late ones continue on daemon threads until the
 * system's own timeout.
 */
final class NameLookup {
  /** glibc's resolver repeats a lost query after 5 s (resolv.conf(5)); a reload waits no longer. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Maximum of parallel lookups. */
  private static final int MAX_THREADS = 16;

  private final Resolver resolver;
  private final Duration timeout;

  /** The addresses in use, by their names. */
  private final Map<String, InetAddress> running;

  /** The result for one name. */
  sealed interface Answer {
    record Found(InetAddress address) implements Answer {}

    /** Not found, but this address is in use. */
    record Kept(InetAddress address, String why) implements Answer {}

    record NotFound(String why) implements Answer {}

    /** The address to use; null if there is none. */
    default @Nullable InetAddress usable() {
      if (this instanceof Found found) {
        return found.address;
      }
      return this instanceof Kept kept ? kept.address : null;
    }
  }

  NameLookup(Resolver resolver, Duration timeout) {
    this(resolver, timeout, Map.of());
  }

  /** A lookup for a reload: a name that is not found keeps the address that is in use. */
  NameLookup(Resolver resolver, Duration timeout, Map<String, InetAddress> running) {
    this.resolver = resolver;
    this.timeout = timeout;
    this.running = running;
  }

  /** Resolves all names; the result has an entry for each. Blocks up to the timeout. */
  Map<String, Answer> lookUp(Set<String> names) {
    if (names.isEmpty()) {
      return Map.of();
    }
    List<String> asked = List.copyOf(names);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(asked.size(), MAX_THREADS), task -> daemon(task, "rsp-resolve"));
    try {
      List<Callable<Answer>> tasks = new ArrayList<>();
      asked.forEach(name -> tasks.add(() -> answer(name)));
      List<Future<Answer>> done =
          threads.invokeAll(tasks, timeout.toMillis(), TimeUnit.MILLISECONDS);
      Map<String, Answer> answers = new HashMap<>();
      for (int i = 0; i < asked.size(); i++) {
        answers.put(asked.get(i), orKept(asked.get(i), outcome(done.get(i))));
      }
      return answers;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Map<String, Answer> answers = new HashMap<>();
      asked.forEach(name -> answers.put(name, orKept(name, new Answer.NotFound("interrupted"))));
      return answers;
    } finally {
      threads.shutdownNow();
    }
  }

  static Thread daemon(Runnable task, String name) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private Answer answer(String name) {
    try {
      return new Answer.Found(Resolver.first(resolver.resolve(name)));
    } catch (UnknownHostException e) {
      return new Answer.NotFound(Resolver.reason(name, e));
    }
  }

  private Answer orKept(String name, Answer answer) {
    InetAddress used = running.get(name);
    return used != null && answer instanceof Answer.NotFound notFound
        ? new Answer.Kept(used, notFound.why())
        : answer;
  }

  private Answer outcome(Future<Answer> done) throws InterruptedException {
    try {
      return done.get();
    } catch (CancellationException e) {
      return new Answer.NotFound("no answer within " + timeout.toMillis() / 1000.0 + " s");
    } catch (ExecutionException e) {
      return new Answer.NotFound(String.valueOf(e.getCause()));
    }
  }
}
