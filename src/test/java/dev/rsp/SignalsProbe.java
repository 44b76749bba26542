// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.util.concurrent.CountDownLatch;

/** A program that says on standard output what its signals asked for; stops on the second TERM. */
final class SignalsProbe {
  private SignalsProbe() {}

  public static void main(String[] arguments) throws InterruptedException, java.io.IOException {
    Signals signals = Signals.hold();
    System.out.println("held");
    System.in.read(); // until the test has sent what it wants to be held
    var stops = new CountDownLatch(2);
    signals.deliverTo(
        () -> slowly("reload"),
        () -> {
          System.out.println("stop");
          stops.countDown();
        },
        () -> slowly("reopen"));
    System.out.println("ready");
    stops.await();
  }

  /** Long enough for more to come in the meantime. */
  private static void slowly(String what) {
    System.out.println(what);
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    System.out.println(what + " done");
    if (what.equals("reopen")) {
      throw new IllegalStateException("no such directory");
    }
  }
}
