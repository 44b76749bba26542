// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The names of TCP ports, as services(5) lists them: {@code http 80/tcp www # comment}. */
final class ServiceNames {
  static final ServiceNames SYSTEM = new ServiceNames(Path.of("/etc/services"));

  private final Path file;

  ServiceNames(Path file) {
    this.file = file;
  }

  /** The port of a service by its name or an alias; -1 if there is none, or no such file. */
  int port(String name) {
    // Read as Latin-1, so that an invalid byte in a comment is not an error.
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      return lines
          .lines()
          .mapToInt(line -> port(line, name))
          .filter(p -> p > 0)
          .findFirst()
          .orElse(-1);
    } catch (IOException | UncheckedIOException e) {
      return -1;
    }
  }

  /** A suffix for the error message if the file cannot be read; else empty. */
  String hint() {
    return Files.isReadable(file) ? "" : ": " + file + ", which lists them, cannot be read";
  }

  private static int port(String line, String name) {
    List<String> words = Arrays.asList(line.replaceFirst("#.*", "").trim().split("\\s+"));
    if (words.size() < 2 || !words.get(1).endsWith("/tcp")) {
      return -1;
    }
    boolean named = words.get(0).equals(name) || words.subList(2, words.size()).contains(name);
    return named ? Address.port(words.get(1).replace("/tcp", "")) : -1;
  }
}
