// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the reference says of one key. The texts are Markdown with inline code and links, whose
 * targets are relative to {@code configuration.md}.
 *
 * @param path where it is in a file: {@code timeouts.connect}, {@code backends[].name}
 * @param value its type, unit and range
 * @param unset what applies if it is not set
 * @param meaning what it does
 */
public record KeyEntry(String path, String value, String unset, String meaning) {
  private static final Pattern LINK = Pattern.compile("\\[([^]]+)]\\(([^)]+)\\)");

  /** The file that links without a name of a file are in. */
  private static final String DOCUMENT = "configuration.md";

  static KeyEntry number(String table, NumberKey key, String meaning) {
    String path = table.isEmpty() ? key.name() : table + "." + key.name();
    return new KeyEntry(path, key.range(), NumberKey.text(key.defaultValue()), meaning);
  }

  /** How tables name it: a key of the entries of a list by its own name, another by its path. */
  public String label() {
    return path.substring(path.lastIndexOf("[].") < 0 ? 0 : path.lastIndexOf('.') + 1);
  }

  /** The key alone: {@code connect} of {@code timeouts.connect}. */
  public String name() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** The global variable that it is, or is in. */
  public String global() {
    return path.split("[.\\[]", 2)[0];
  }

  /** The targets of the links in its texts, each with the name of its file. */
  public List<String> links() {
    List<String> links = new ArrayList<>();
    Matcher link = LINK.matcher(value + " " + unset + " " + meaning);
    while (link.find()) {
      String target = link.group(2).startsWith("#") ? DOCUMENT + link.group(2) : link.group(2);
      if (!links.contains(target)) {
        links.add(target);
      }
    }
    return links;
  }

  /** A text without the signs of Markdown: code and links are only their text. */
  public static String plain(String markdown) {
    return LINK.matcher(markdown).replaceAll("$1").replace("`", "");
  }

  /** The same with a capital at the beginning and a full stop at the end. */
  public static String sentence(String markdown) {
    String plain = plain(markdown);
    String end = plain.endsWith(".") ? "" : ".";
    return plain.substring(0, 1).toUpperCase(Locale.ROOT) + plain.substring(1) + end;
  }
}
