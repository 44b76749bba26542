// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** How arguments are converted to numbers and paths, with error messages of our own. */
final class Converters {
  private Converters() {}

  /** Registers the converters for a command line and all its commands. */
  static void addTo(CommandLine commandLine) {
    commandLine.registerConverter(Double.class, Converters::number);
    commandLine.registerConverter(int.class, Converters::wholeNumber);
    commandLine.registerConverter(Path.class, Converters::path);
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is not a number");
    }
  }

  private static int wholeNumber(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is not a whole number");
    }
  }

  private static Path path(String text) {
    try {
      if (!text.isEmpty()) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      // The message below is for this case, too.
    }
    throw new TypeConversionException("'" + text + "' is not a file name");
  }
}
