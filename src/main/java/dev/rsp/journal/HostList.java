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
 * Hosts from a file, one per line: {@code host [requests [last-minute [slot [days]]]]}. Text after
 * a {@code #} that is not inside a slot's name is a comment, so a journal is also a valid list.
 *
 * <p>A host may have any spelling that a client may use; the counts of equal hosts are added. A
 * host without a count counts as one request.
 *
 * @param hosts in the order of the file
 * @param invalidLines number of lines that are neither empty nor a valid host
 * @param counted whether any line has a count, so that the traffic is known
 */
public record HostList(List<SeenHost> hosts, int invalidLines, boolean counted) {
  /** Longest valid line, including extra spaces; longer lines are not read completely. */
  private static final int MAX_LINE = 1024;

  /** The longest valid line for each of the 1,000,000 hosts that a plan reads; ends /dev/zero. */
  static final long MAX_CHARS = 1L << 30;

  private static final int MAX_DIGITS = 18;

  /** The column of the slot, from 0. */
  private static final int SLOT = 3;

  /** The last column. */
  private static final int DAYS = 4;

  /** Days are written in thousandths. */
  static final int DAY_PARTS = 1000;

  public HostList {
    hosts = List.copyOf(hosts);
  }

  /**
   * Reads a file, or a pipe. Blocks.
   *
   * @param maxHosts maximum of hosts to read
   * @throws IOException if it cannot be read
   */
  public static HostList read(Path file, int maxHosts) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, maxHosts);
    }
  }

  /**
   * Reads a stream, such as standard input, to its end.
   *
   * @param maxHosts maximum of hosts to read
   * @throws IOException if it cannot be read, or has more than {@value #MAX_CHARS} bytes
   */
  public static HostList read(InputStream in, int maxHosts) throws IOException {
    Map<String, SeenHost> hosts = new LinkedHashMap<>();
    int invalid = 0;
    boolean counted = false;
    var reader =
        new BufferedReader(
            new InputStreamReader(new BoundedInput(in, MAX_CHARS), StandardCharsets.ISO_8859_1));
    for (String line = readLine(reader); line != null; line = readLine(reader)) {
      List<String> columns = columns(line);
      if (columns.isEmpty()) {
        continue;
      }
      SeenHost seen = parse(columns);
      if (seen == null) {
        invalid++;
      } else if (hosts.size() < maxHosts || hosts.containsKey(seen.host())) {
        counted |= columns.size() > 1;
        hosts.merge(seen.host(), seen, HostList::sum);
      }
    }
    return new HostList(new ArrayList<>(hosts.values()), invalid, counted);
  }

  /**
   * Reads a line without its line end; of a line that is too long, only a part, which is still
   * invalid.
   */
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

  /** Splits the part before a comment. Only a slot's name or address may contain a #. */
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
    double days = days(columns.get(DAYS));
    return days > 0 ? new SeenHost(host, requests, minute, slot, days) : null;
  }

  /** Parses a number of days in the format of {@link JournalFile#write}; 0 if the text is none. */
  static double days(String text) {
    int point = text.indexOf('.');
    long whole = point < 0 ? -1 : number(text.substring(0, point));
    long parts = text.length() == point + 4 ? number(text.substring(point + 1)) : -1;
    return whole < 0 || parts < 0 ? 0 : whole + (double) parts / DAY_PARTS;
  }

  /** Parses a number from 0; -1 if the text is none. */
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
