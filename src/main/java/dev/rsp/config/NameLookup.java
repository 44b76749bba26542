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

/**
 * A look-up of many names at once that ends in a bounded time.
 *
 * <p>A look-up of the system cannot be broken off. Those that are late are left behind on daemon
 * threads and end when the system's own patience does.
 */
final class NameLookup {
  /** One lost packet costs a resolver of glibc 5 s (resolv.conf(5)): a reload waits no longer. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Look-ups under way at a time. */
  private static final int MAX_THREADS = 16;

  private final Resolver resolver;
  private final Duration patience;

  /** What came of one name. */
  sealed interface Answer {
    record Found(InetAddress address) implements Answer {}

    record NotFound(String why) implements Answer {}
  }

  NameLookup(Resolver resolver, Duration patience) {
    this.resolver = resolver;
    this.patience = patience;
  }

  /** An answer for every name. */
  Map<String, Answer> ask(Set<String> names) {
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
          threads.invokeAll(tasks, patience.toMillis(), TimeUnit.MILLISECONDS);
      Map<String, Answer> answers = new HashMap<>();
      for (int i = 0; i < asked.size(); i++) {
        answers.put(asked.get(i), outcome(done.get(i)));
      }
      return answers;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Map<String, Answer> answers = new HashMap<>();
      asked.forEach(name -> answers.put(name, new Answer.NotFound("interrupted")));
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

  private Answer outcome(Future<Answer> done) throws InterruptedException {
    try {
      return done.get();
    } catch (CancellationException e) {
      return new Answer.NotFound("no answer within " + patience.toMillis() / 1000.0 + " s");
    } catch (ExecutionException e) {
      return new Answer.NotFound(String.valueOf(e.getCause()));
    }
  }
}
