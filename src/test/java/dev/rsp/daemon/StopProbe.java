// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Transport;
import dev.rsp.worker.Worker;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** A program that is stopped twice while its event loop is blocked. */
final class StopProbe {
  private StopProbe() {}

  /**
   * Runs the program.
   *
   * @param arguments the configuration file
   */
  public static void main(String[] arguments) throws Exception {
    var loop = new Worker(Transport.NIO, 1, new ConnectionCount());
    var daemon = new Daemon(Path.of(arguments[0]), number -> loop);
    daemon.start(() -> {});
    var held = new CountDownLatch(1);
    loop.execute(
        () -> {
          held.countDown();
          LockSupport.park(); // like a script that runs for long
        });
    held.await();
    var first = new Thread(daemon::stop);
    first.start();
    while (first.getState() != Thread.State.TIMED_WAITING) { // for its listening socket
      Thread.onSpinWait();
    }
    daemon.stop();
  }
}
