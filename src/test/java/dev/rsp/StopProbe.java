// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.proxy.ConnectionCount;
import dev.rsp.proxy.ProxyLoop;
import dev.rsp.proxy.Transport;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** A program that is stopped while its loop is held up, and then stopped again. */
final class StopProbe {
  private StopProbe() {}

  /** Takes the file of a configuration. */
  public static void main(String[] arguments) throws Exception {
    var loop = new ProxyLoop(Transport.NIO, 1, new ConnectionCount());
    var daemon = new Daemon(Path.of(arguments[0]), number -> loop);
    daemon.start(() -> {});
    var held = new CountDownLatch(1);
    loop.execute(
        () -> {
          held.countDown();
          LockSupport.park(); // as a script that takes its time
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
