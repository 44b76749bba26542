// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the daemon is alive, for all who ask at an endpoint. That may take seconds, so there is
 * one question at a time, and all who wait get its answer. Confined to the endpoint's event loop.
 */
final class Health {
  private static final Logger log = LoggerFactory.getLogger(Health.class);

  private final Operations operations;
  private final Executor asker;
  private List<Consumer<Result>> waiting = new ArrayList<>();

  /** What came of a question. */
  enum Result {
    ALIVE,
    NOT_ALIVE,

    /** The log has the cause. */
    FAILED
  }

  /**
   * No question yet.
   *
   * @param asker runs the question, which blocks
   */
  Health(Operations operations, Executor asker) {
    this.operations = operations;
    this.asker = asker;
  }

  /**
   * Asks, or waits for the answer of the question that was asked already.
   *
   * @param loop the endpoint's, which runs {@code answer}
   */
  void ask(Executor loop, Consumer<Result> answer) {
    waiting.add(answer);
    if (waiting.size() == 1) {
      asker.execute(
          () -> {
            Result result = result();
            loop.execute(() -> tell(result));
          });
    }
  }

  private Result result() {
    try {
      return operations.isAlive() ? Result.ALIVE : Result.NOT_ALIVE;
    } catch (RuntimeException | Error e) {
      log.error("it is not known whether the loops respond", e);
      return Result.FAILED;
    }
  }

  private void tell(Result result) {
    List<Consumer<Result>> all = waiting;
    waiting = new ArrayList<>();
    all.forEach(one -> one.accept(result));
  }
}
