// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.guides;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown document, and its fenced blocks. Each block says behind its language what a test does
 * with it:
 *
 * <ul>
 *   <li>{@code sh}: is run, in the order of the document, in one shell and one directory
 *   <li>{@code text}: is the output of the block before; {@code …} stands for any text in a line,
 *       or, alone, for any lines
 *   <li>{@code lua}: is loaded as a configuration, behind a first line that sets {@code listen} and
 *       {@code backends}; {@code lua NAME}: is written to a file of that name, and loaded
 *   <li>{@code haproxy}, {@code nginx}: is checked by that program
 *   <li>any language and {@code not run: REASON}: a reader can see why, and so can a test
 * </ul>
 *
 * <p>Ports from 18000 to 18999 are other ones in each run, so that tests do not disturb each other.
 */
record Guide(Path file, List<Block> blocks) {
  private static final Pattern PORT = Pattern.compile("\\b18\\d{3}\\b");

  /**
   * A fenced block.
   *
   * @param line of its first line in the document
   * @param info what stands behind its fence
   */
  record Block(int line, String info, String text) {
    String language() {
      return info.split(" ", 2)[0];
    }

    /** What stands behind the language. */
    String rest() {
      return info.substring(language().length()).strip();
    }

    boolean isExempt() {
      return rest().matches("not run: .{4,}");
    }
  }

  static Guide read(Path file) throws IOException {
    List<Block> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("```")) {
        int begin = i + 1;
        int end = begin;
        while (!lines.get(end).startsWith("```")) {
          end++;
        }
        String text = String.join("\n", lines.subList(begin, end)) + "\n";
        blocks.add(new Block(begin + 1, lines.get(i).substring(3).strip(), text));
        i = end;
      }
    }
    return new Guide(file, blocks);
  }

  /** The same with free ports. */
  Guide withFreePorts() {
    Map<String, String> ports = new HashMap<>();
    List<Block> changed = new ArrayList<>();
    for (Block block : blocks) {
      Matcher port = PORT.matcher(block.text());
      String text = port.replaceAll(found -> ports.computeIfAbsent(found.group(), any -> free()));
      changed.add(new Block(block.line(), block.info(), text));
    }
    return new Guide(file, changed);
  }

  private static String free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Integer.toString(socket.getLocalPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What an output must match. */
  static Pattern output(String expected) {
    StringBuilder regex = new StringBuilder();
    for (String line : expected.split("\n", -1)) {
      if (line.equals("…")) {
        regex.append("(?:.*\\n)*?");
      } else if (!line.isEmpty()) {
        regex.append(Pattern.quote(line).replace("…", "\\E.*\\Q")).append("\\s*?\\n");
      } else {
        regex.append("\\n?");
      }
    }
    return Pattern.compile(regex.toString());
  }
}
