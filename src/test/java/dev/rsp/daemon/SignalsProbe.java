// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;

/** A program that prints which actions its signals start; it ends on the second TERM or INT. */
final class SignalsProbe {
  private SignalsProbe() {}

  public static void main(String[] arguments) throws InterruptedException {
    Signals signals = Signals.hold();
    System.out.println("held");
    letGo(); // waits until the test has sent the signals that must be kept
    var stops = new CountDownLatch(2);
    signals.deliverTo(
        () -> untilLetGo("reload"),
        () -> {
          System.out.println("stop");
          stops.countDown();
        },
        () -> untilLetGo("reopen"));
    System.out.println("ready");
    stops.await();
  }

  /** Runs until the test has sent the signals that must arrive during the action. */
  private static void untilLetGo(String what) {
    System.out.println(what);
    letGo();
    System.out.println(what + " done");
    if (what.equals("reopen")) {
      throw new IllegalStateException("no such directory");
    }
  }

  private static void letGo() {
    try {
      System.in.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
