// SPDX-License-Identifier: Apache-2.0
package dev.rsp.documents;

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
import java.util.stream.Stream;

/**
 * A Markdown document, and its fenced blocks. Each block says behind its language what a test does
 * with it:
 *
 * <ul>
 *   <li>{@code lua}: is loaded as a configuration by {@link DocumentBlocksTest}, behind a first
 *       line that sets {@code listen} and {@code backends}; {@code lua NAME}: is a whole file of
 *       that name; {@code lua >> NAME}: is added to that file
 *   <li>{@code sh}: is run, in the order of the document, in one shell and one directory
 *   <li>{@code text}: is the output of the block before; {@code …} stands for any text in a line,
 *       or, alone, for any lines
 *   <li>{@code haproxy}, {@code nginx}, {@code yaml prometheus.yml}: is checked by that program,
 *       the last one by promtool
 *   <li>any language and {@code not run: REASON}: a reader can see why, and so can a test
 * </ul>
 *
 * <p>All but {@code lua} is for documents in {@link #RUN}. An HTML comment that begins with {@code
 * <!-- sh} or {@code <!-- lua NAME} is such a block too, which readers do not see: it prepares what
 * they have.
 *
 * <p>Ports from 18000 to 18999, and rsp's folders below /etc, /run and /var, are other ones in each
 * run, so that tests do not disturb each other.
 */
public record Document(Path file, List<Block> blocks) {
  /** The documents whose commands are run. */
  public static final List<Path> RUN =
      Stream.concat(
              Stream.of(Path.of("README.md")),
              Stream.of(
                      "tour",
                      "install",
                      "migrate",
                      "reload",
                      "drain",
                      "upgrade",
                      "incidents",
                      "capacity",
                      "security",
                      "planning",
                      "operations",
                      "platform")
                  .map(name -> Path.of("src/docs", name + ".md")))
          .toList();

  private static final Pattern PORT = Pattern.compile("\\b18\\d{3}\\b");
  private static final Pattern FOLDER =
      Pattern.compile("(?<![\\w.])/(etc|run|var/lib|var/log)/rsp\\b");

  /**
   * A fenced block.
   *
   * @param line of its first line in the document
   * @param info what stands behind its fence
   */
  public record Block(int line, String info, String text) {
    /** The first word behind the fence. */
    public String language() {
      return info.split(" ", 2)[0];
    }

    /** What stands behind the language. */
    public String rest() {
      return info.substring(language().length()).strip();
    }

    /** Whether it says why it is not run. */
    public boolean isExempt() {
      return rest().matches("not run: .{4,}");
    }

    /** The name of the file that a block of Lua is, or is added to; empty if it is a fragment. */
    public String fileName() {
      return rest().replaceFirst("^>> *", "");
    }

    /** Whether it is added to the file of its name. */
    public boolean isAdded() {
      return rest().startsWith(">>");
    }
  }

  /** All documents: README.md, and every Markdown file below .github and src/docs. */
  public static List<Path> all() throws IOException {
    List<Path> documents = new ArrayList<>(List.of(Path.of("README.md")));
    for (String folder : List.of(".github", "src/docs")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
      }
    }
    return documents;
  }

  /** Reads a document. A fence that is not at the beginning of its line is an error. */
  public static Document read(Path file) throws IOException {
    return of(file, Files.readAllLines(file));
  }

  static Document of(Path file, List<String> lines) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean hidden = line.matches("<!-- (sh|lua .*)");
      if (hidden || line.startsWith("```")) {
        String last = hidden ? "-->" : "```";
        int begin = i + 1;
        int end = begin;
        while (!lines.get(end).startsWith(last)) {
          end++;
        }
        String text = String.join("\n", lines.subList(begin, end)) + "\n";
        blocks.add(new Block(begin + 1, line.substring(hidden ? 5 : 3).strip(), text));
        i = end;
      } else if (line.strip().startsWith("```")) {
        throw new IllegalArgumentException(file + ":" + (i + 1) + ": a fence that is indented");
      }
    }
    return new Document(file, blocks);
  }

  /** The same with free ports, and with rsp's folders below another one. */
  public Document in(Path root) {
    Map<String, String> ports = new HashMap<>();
    List<Block> changed = new ArrayList<>();
    for (Block block : blocks) {
      Matcher port = PORT.matcher(block.text());
      String text = port.replaceAll(found -> ports.computeIfAbsent(found.group(), any -> free()));
      text = FOLDER.matcher(text).replaceAll(Matcher.quoteReplacement(root + "/") + "$1/rsp");
      changed.add(new Block(block.line(), block.info(), text));
    }
    return new Document(file, changed);
  }

  private static String free() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Integer.toString(socket.getLocalPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What an output must match. */
  public static Pattern output(String expected) {
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
