// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.http.HostName;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule that a file declares with {@code host_from_path}: requests to one host whose path matches
 * a pattern are routed by the host in that path.
 *
 * <p>For control URLs, such as {@code /user/*}{@code /webapps/{host}/reload}: they must reach the
 * backend of the site that they name. Immutable; any thread.
 */
public final class HostFromPath {
  /** The segment that matches any one segment. */
  private static final String ANY = "*";

  private static final String HOST = "{host}";

  /** In characters: a target has at most 8192 by default, and the host is a part of it. */
  private static final int MAX_PATTERN = 1024;

  private final String pattern;
  private final String on;
  private final String where;
  private final List<String> segments;

  private HostFromPath(String pattern, String on, String where, List<String> segments) {
    this.pattern = pattern;
    this.on = on;
    this.where = where;
    this.segments = segments;
  }

  /**
   * Creates a rule.
   *
   * @param pattern segments, each a literal text, {@code *} or, once, <code>{host}</code>
   * @param on the host of such requests, in any spelling
   * @param where {@code file:line} of the declaration
   * @throws IllegalArgumentException if an argument is invalid, with a message for the author of
   *     the file
   */
  static HostFromPath of(String pattern, String on, String where) {
    String host = HostName.canonicalise(on);
    if (host == null) {
      throw wrong("on", on, "a host name");
    }
    List<String> segments =
        pattern.startsWith("/") ? List.of(pattern.substring(1).split("/", -1)) : List.of();
    boolean visible = pattern.chars().allMatch(c -> c > ' ' && c <= '~' && c != '?' && c != '#');
    if (segments.isEmpty() || !visible || pattern.length() > MAX_PATTERN) {
      throw wrong("pattern", pattern, "a path from /, in visible ASCII, without ? and #");
    }
    if (segments.stream().filter(HOST::equals).count() != 1) {
      throw wrong("pattern", pattern, "{host} as one whole segment");
    }
    for (String segment : segments) {
      boolean wild = segment.equals(ANY) || segment.equals(HOST);
      if (!wild && segment.chars().anyMatch(c -> "*{}%".indexOf(c) >= 0)) {
        throw wrong("pattern", pattern, "* and {host} as whole segments, and no %, { or }");
      }
    }
    return new HostFromPath(pattern, host, where, segments);
  }

  private static IllegalArgumentException wrong(String what, String value, String expected) {
    return new IllegalArgumentException(
        "host_from_path: " + what + " \"" + value + "\" (expected: " + expected + ")");
  }

  /** The canonical host whose requests the rule applies to. */
  public String on() {
    return on;
  }

  /** The pattern as written in the file. */
  public String pattern() {
    return pattern;
  }

  /** The position of the declaration: {@code file:line}. */
  public String where() {
    return where;
  }

  /**
   * The segment of a path that contains the host, not decoded; null if the path does not match.
   *
   * <p>Literal segments are compared case-sensitively, after decoding of unreserved characters (RFC
   * 3986 §6.2.2.2), which gives an equivalent path. {@code *} and the host match one non-empty
   * segment. The host's segment is not decoded: a host needs no encoding, so a segment with {@code
   * %} is no valid host.
   */
  public @Nullable String segment(String path) {
    if (!path.startsWith("/")) {
      return null;
    }
    String host = null;
    int start = 1;
    for (int i = 0; i < segments.size(); i++) {
      int slash = path.indexOf('/', start);
      boolean last = i == segments.size() - 1;
      if (last != slash < 0) {
        return null;
      }
      String segment = path.substring(start, last ? path.length() : slash);
      String wanted = segments.get(i);
      if (wanted.equals(HOST) || wanted.equals(ANY)) {
        if (segment.isEmpty()) {
          return null;
        }
        host = wanted.equals(HOST) ? segment : host;
      } else if (!wanted.equals(decodeUnreserved(segment))) {
        return null;
      }
      start = slash + 1;
    }
    return host;
  }

  private static String decodeUnreserved(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    var decoded = new StringBuilder(segment.length());
    for (int i = 0; i < segment.length(); i++) {
      int octet = segment.charAt(i) == '%' ? octet(segment, i + 1) : -1;
      if (octet >= 0 && isUnreserved(octet)) {
        decoded.append((char) octet);
        i += 2;
      } else {
        decoded.append(segment.charAt(i));
      }
    }
    return decoded.toString();
  }

  private static int octet(String text, int at) {
    if (at + 2 > text.length()) {
      return -1;
    }
    int high = Character.digit(text.charAt(at), 16);
    int low = Character.digit(text.charAt(at + 1), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  private static boolean isUnreserved(int c) {
    boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return letter || (c >= '0' && c <= '9') || "-._~".indexOf(c) >= 0;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HostFromPath that
        && Arrays.equals(
            new Object[] {pattern, on, where}, new Object[] {that.pattern, that.on, that.where});
  }

  @Override
  public int hashCode() {
    return pattern.hashCode();
  }

  @Override
  public String toString() {
    return "host_from_path(" + pattern + ", on " + on + ")";
  }
}
