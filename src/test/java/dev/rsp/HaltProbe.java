// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

/** A program whose loop has broken. */
final class HaltProbe {
  private HaltProbe() {}

  public static void main(String[] arguments) {
    Daemon.halt("the thread of an event loop has ended");
  }
}
