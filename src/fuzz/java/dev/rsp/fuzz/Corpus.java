// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files that fuzzing starts from: seeds, what was found before, and the dictionary. */
public final class Corpus {
  private static final Path ROOT = Path.of("src", "fuzz");

  private Corpus() {}

  /** Good and bad inputs of a target, by file name. */
  public static Map<String, byte[]> seeds(String target) {
    return files(ROOT.resolve("seeds").resolve(target));
  }

  /** Inputs that broke something once, by file name. */
  public static Map<String, byte[]> findings(String target) {
    return files(ROOT.resolve("findings").resolve(target));
  }

  private static Map<String, byte[]> files(Path directory) {
    Map<String, byte[]> contents = new TreeMap<>();
    if (!Files.isDirectory(directory)) {
      return contents;
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        contents.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
      return contents;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The words of the dictionary, which libFuzzer reads as well: a quoted word per line. */
  public static List<byte[]> dictionary() {
    try {
      List<byte[]> words = new ArrayList<>();
      for (String line : Files.readAllLines(ROOT.resolve("http.dict"))) {
        if (line.startsWith("\"")) {
          words.add(unquoted(line.substring(1, line.lastIndexOf('"'))));
        }
      }
      return words;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Undoes the escapes of a dictionary: a backslash before itself, a quote, or x and two digits.
   */
  private static byte[] unquoted(String quoted) {
    var text = new StringBuilder();
    for (int at = 0; at < quoted.length(); at++) {
      char c = quoted.charAt(at);
      if (c != '\\') {
        text.append(c);
      } else if (quoted.charAt(at + 1) == 'x') {
        text.append((char) Integer.parseInt(quoted.substring(at + 2, at + 4), 16));
        at += 3;
      } else {
        text.append(quoted.charAt(++at));
      }
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
