// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.http.HostName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * Hosts from a file, one on a line: {@code host [requests [last-minute [slot [days]]]]}. What
 * follows a {@code #} that is not inside of a slot's name is a comment, and so a journal is such a
 * list as well.
 *
 * <p>A host may be written in any spelling that a client may use; those that mean the same are
 * added up. One that names no count counts as one request.
 *
 * @param hosts in the order of the file
 * @param invalidLines lines that are neither empty nor a host
 * @param counted whether any line names a count: whether the traffic is known
 */
public record HostList(List<SeenHost> hosts, int invalidLines, boolean counted) {
  /** The longest line that can be right, with room for spaces; more of it is not looked at. */
  private static final int MAX_LINE = 1024;

  private static final int MAX_DIGITS = 18;

  /** The column of the slot, counted from 0. */
  private static final int SLOT = 3;

  /** The last column. */
  private static final int DAYS = 4;

  public HostList {
    hosts = List.copyOf(hosts);
  }

  /**
   * Reads a file, or a pipe. Blocks.
   *
   * @param most how many hosts are read at most
   * @throws IOException if it cannot be read
   */
  public static HostList read(Path file, int most) throws IOException {
    Map<String, SeenHost> hosts = new LinkedHashMap<>();
    int invalid = 0;
    boolean counted = false;
    try (InputStream in = Files.newInputStream(file);
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.ISO_8859_1))) {
      for (String line = readLine(reader); line != null; line = readLine(reader)) {
        List<String> columns = columns(line);
        if (columns.isEmpty()) {
          continue;
        }
        SeenHost seen = parse(columns);
        if (seen == null) {
          invalid++;
        } else if (hosts.size() < most || hosts.containsKey(seen.host())) {
          counted |= columns.size() > 1;
          hosts.merge(seen.host(), seen, HostList::sum);
        }
      }
    }
    return new HostList(new ArrayList<>(hosts.values()), invalid, counted);
  }

  /** A line without its end; of one that is too long, more than can be right. */
  static @Nullable String readLine(BufferedReader reader) throws IOException {
    var line = new StringBuilder();
    int c = reader.read();
    if (c < 0) {
      return null;
    }
    for (; c >= 0 && c != '\n'; c = reader.read()) {
      if (line.length() < MAX_LINE) {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private static SeenHost sum(SeenHost one, SeenHost other) {
    SeenHost later = other.lastMinute() >= one.lastMinute() ? other : one;
    return new SeenHost(
        one.host(),
        one.requests() + other.requests(),
        later.lastMinute(),
        later.slot(),
        Math.max(one.days(), other.days()));
  }

  /** What stands before a comment. Only the name or address of a slot may have a # in it. */
  private static List<String> columns(String line) {
    List<String> columns = new ArrayList<>();
    var words = new StringTokenizer(line);
    while (words.hasMoreTokens()) {
      String word = words.nextToken();
      int comment = word.indexOf('#');
      if (comment == 0) {
        break;
      }
      if (comment > 0 && columns.size() != SLOT) {
        columns.add(word.substring(0, comment));
        break;
      }
      columns.add(word);
    }
    return columns;
  }

  private static @Nullable SeenHost parse(List<String> columns) {
    String host = HostName.canonicalise(columns.get(0));
    long requests = columns.size() > 1 ? number(columns.get(1)) : 1;
    long minute = columns.size() > 2 ? number(columns.get(2)) : 0;
    String slot = columns.size() > SLOT ? columns.get(SLOT) : SeenHost.UNKNOWN_SLOT;
    if (host == null || requests < 1 || minute < 0 || columns.size() > DAYS + 1) {
      return null;
    }
    if (columns.size() <= DAYS) {
      return new SeenHost(host, requests, minute, slot);
    }
    double days = JournalFile.days(columns.get(DAYS));
    return days > 0 ? new SeenHost(host, requests, minute, slot, days) : null;
  }

  /** A number from 0, or -1 if it is none. */
  static long number(String text) {
    if (text.isEmpty() || text.length() > MAX_DIGITS) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    return Long.parseLong(text);
  }
}
