// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

/** The command line. */
public final class Main {
  private Main() {}

  /** Runs a command. */
  public static void main(String[] arguments) {
    System.out.println("not built: " + arguments.length);
  }
}
