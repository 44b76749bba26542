// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A part of a test that goes on in a thread of its own, because it may have to wait for another.
 */
final class Beside {
  /** What a peer does there. */
  @FunctionalInterface
  interface Part {
    void play() throws IOException;
  }

  private final FutureTask<Boolean> task;

  private Beside(FutureTask<Boolean> task) {
    this.task = task;
  }

  static Beside start(Part part) {
    var task =
        new FutureTask<>(
            () -> {
              part.play();
              return true;
            });
    new Thread(task).start();
    return new Beside(task);
  }

  boolean isOver() {
    return task.isDone();
  }

  /** Waits for its end, and fails if it failed. */
  void join() throws InterruptedException {
    try {
      task.get(Peer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
