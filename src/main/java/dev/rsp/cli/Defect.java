// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.daemon.BuildInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** An exception that no command expects: a defect of rsp. */
final class Defect {
  /** EX_SOFTWARE of sysexits.h, an internal error. */
  static final int EXIT_CODE = 70;

  private Defect() {}

  /**
   * Prints one line on standard error, and writes the stack trace into a new temporary file, for a
   * report.
   *
   * @return the exit code
   */
  static int report(Throwable cause) {
    String trace;
    try {
      Path file = Files.createTempFile("rsp-defect-", ".txt");
      try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
        out.println(BuildInfo.text());
        cause.printStackTrace(out);
      }
      trace = "please report it with " + file;
    } catch (IOException e) {
      StackTraceElement[] at = cause.getStackTrace();
      trace = "please report it" + (at.length == 0 ? "" : ", at " + at[0]);
    }
    System.err.println(
        "rsp has a defect: " + String.valueOf(cause).lines().findFirst().orElse("") + "; " + trace);
    return EXIT_CODE;
  }
}
