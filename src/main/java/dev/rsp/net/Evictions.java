// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.IntConsumer;

/**
 * The idle connections of all loops, which are closed when others need their place: {@code
 * limits.connections} is reached, or the process has no descriptor left. Any thread.
 */
public final class Evictions {
  /** What is short, and so what is closed. */
  public enum Shortage {
    /** Connections of clients: idle clients are closed. */
    CONNECTIONS,
    /** Descriptors: idle clients are closed, and idle connections to backends. */
    DESCRIPTORS
  }

  /** The idle connections of one loop. */
  public interface Source {
    /** Runs a task on the loop. Any thread. */
    void execute(Runnable task);

    /**
     * Closes those that have been idle longest. On the loop; does not throw.
     *
     * @param most how many of each kind
     * @return how many were closed
     */
    int evict(Shortage what, int most);
  }

  private final List<Source> sources = new CopyOnWriteArrayList<>();

  /** Adds the connections of a loop. */
  void add(Source source) {
    sources.add(source);
  }

  /** Removes the connections of a loop that ends. */
  void remove(Source source) {
    sources.remove(source);
  }

  /**
   * Asks the other loops, one after the other, until enough are closed or all were asked.
   *
   * @param own the loop that asks, which has none itself
   * @param done takes how many were closed, on that loop
   * @return whether there are others; if not, nothing is done
   */
  boolean askOthers(Source own, Shortage what, int most, IntConsumer done) {
    List<Source> all = List.copyOf(sources);
    if (all.size() < 2) {
      return false;
    }
    ask(all, all.indexOf(own), 1, new Question(own, what, most, done), 0);
    return true;
  }

  private record Question(Source own, Shortage what, int most, IntConsumer done) {}

  /** Asks the loop that is so far after the own one, then the next. */
  private static void ask(List<Source> all, int own, int after, Question question, int closed) {
    if (after >= all.size() || closed >= question.most()) {
      execute(question.own(), () -> question.done().accept(closed));
      return;
    }
    Source source = all.get((own + after) % all.size());
    boolean asked =
        execute(
            source,
            () -> {
              int more = source.evict(question.what(), question.most() - closed);
              ask(all, own, after + 1, question, closed + more);
            });
    if (!asked) {
      ask(all, own, after + 1, question, closed);
    }
  }

  /** False if the loop has ended. */
  private static boolean execute(Source source, Runnable task) {
    try {
      source.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }
}
