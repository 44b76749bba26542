// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;

/** A program that says on standard output what its signals asked for; stops on the second TERM. */
final class SignalsProbe {
  private SignalsProbe() {}

  public static void main(String[] arguments) throws InterruptedException {
    Signals signals = Signals.hold();
    System.out.println("held");
    letGo(); // until the test has sent what it wants to be held
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

  /** Lasts until the test has sent what is to come in the meantime. */
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
