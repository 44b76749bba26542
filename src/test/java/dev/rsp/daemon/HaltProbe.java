// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

/** A program that ends as the daemon does when an event loop has ended. */
final class HaltProbe {
  private HaltProbe() {}

  public static void main(String[] arguments) {
    Daemon.halt("the thread of an event loop has ended");
  }
}
