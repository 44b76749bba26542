// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client of a request in what a trusted proxy says of the hops before it: in the lines of
 * X-Forwarded-For, or in the elements of Forwarded (RFC 7239 §4).
 *
 * <p>Read from the right, the first address that is not a trusted proxy's is the client's. An entry
 * that is no address ({@code unknown}, an obfuscated name, a malformed one) ends the search: what
 * stands left of it was not written by anyone who is trusted, so the client is the trusted proxy
 * right of it. If all are trusted proxies, it is the first of them. Empty entries are ignored (RFC
 * 9110 §5.6.1).
 *
 * <p>The bytes are read once, from the left, whatever their length.
 */
final class ForwardingChain {
  private static final byte[] FOR = "for".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PROTO = "proto".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HOST = "host".getBytes(StandardCharsets.US_ASCII);

  private static final int FOR_BIT = 1;
  private static final int PROTO_BIT = 2;
  private static final int HOST_BIT = 4;

  /** As many as 65535 has. */
  private static final int MAX_PORT_DIGITS = 5;

  private final byte[] bytes;
  private final TrustedProxies proxies;

  /** The client as seen from what was read; null if it is the hop that is read next. */
  private @Nullable IpAddress client;

  /** What the entry that names the client says as well. */
  private @Nullable String proto;

  private @Nullable String host;

  private ForwardingChain(byte[] bytes, TrustedProxies proxies) {
    this.bytes = bytes;
    this.proxies = proxies;
  }

  /**
   * Reads the fields of one name in a request that a trusted proxy has sent.
   *
   * @param name {@link FieldName#X_FORWARDED_FOR} or {@link FieldName#FORWARDED}
   */
  static ForwardingChain read(RequestHead head, TrustedProxies proxies, int name) {
    var chain = new ForwardingChain(head.bytes, proxies);
    for (int field = 0; field < head.fieldCount; field++) {
      if (head.name(field) == name) {
        chain.read(head.valueStart(field), head.valueEnd(field), name == FieldName.FORWARDED);
      }
    }
    return chain;
  }

  /** The client of the request; null if it is the proxy itself, as far as the fields say. */
  @Nullable IpAddress client() {
    return client;
  }

  /** The scheme of the client's connection, {@code http} or {@code https}; null if not said. */
  @Nullable String proto() {
    return proto;
  }

  /** The host that the client asked for, as it was written; null if not said. */
  @Nullable String host() {
    return host;
  }

  private void read(int start, int end, boolean elements) {
    int at = start;
    while (at < end) {
      int entryEnd = end(at, end, ',', elements);
      int from = Octets.skipBlanks(bytes, at, entryEnd);
      int to = trimmed(from, entryEnd);
      if (from < to && elements) {
        element(from, to);
      } else if (from < to) {
        entry(node(from, to), null, null);
      }
      at = entryEnd + 1;
    }
  }

  private void entry(
      @Nullable IpAddress address, @Nullable String saidProto, @Nullable String saidHost) {
    if (address == null || client == null || !proxies.contains(address)) {
      client = address;
      proto = saidProto;
      host = saidHost;
    }
  }

  /** Where an entry ends: at the separator, which does not count in a quoted string. */
  private int end(int start, int end, char separator, boolean quotes) {
    boolean quoted = false;
    int at = start;
    while (at < end && (quoted || bytes[at] != separator)) {
      if (bytes[at] == '"') {
        quoted = quotes && !quoted;
      } else if (quoted && bytes[at] == '\\') {
        at++;
      }
      at++;
    }
    return Math.min(at, end);
  }

  private int trimmed(int start, int end) {
    int last = end;
    while (last > start && Octets.blank(bytes[last - 1])) {
      last--;
    }
    return last;
  }

  /** An element that repeats a parameter says nothing (RFC 7239 §4). */
  private void element(int start, int end) {
    IpAddress address = null;
    String saidProto = null;
    String saidHost = null;
    int seen = 0;
    int at = start;
    while (at < end) {
      int pairEnd = end(at, end, ';', true);
      int nameStart = Octets.skipBlanks(bytes, at, pairEnd);
      int nameEnd = Octets.skipToken(bytes, nameStart, pairEnd);
      int name = parameter(nameStart, nameEnd);
      if ((seen & name) != 0 || (name != 0 && (nameEnd == pairEnd || bytes[nameEnd] != '='))) {
        entry(null, null, null);
        return;
      }
      seen |= name;
      int valueEnd = trimmed(nameEnd + 1, pairEnd);
      switch (name) {
        case FOR_BIT -> address = node(nameEnd + 1, valueEnd);
        case PROTO_BIT -> saidProto = scheme(unquoted(nameEnd + 1, valueEnd));
        case HOST_BIT -> saidHost = validHost(unquoted(nameEnd + 1, valueEnd));
        default -> {}
      }
      at = pairEnd + 1;
    }
    entry(address, saidProto, saidHost);
  }

  private int parameter(int start, int end) {
    if (Octets.equalsIgnoreCase(bytes, start, end, FOR)) {
      return FOR_BIT;
    }
    if (Octets.equalsIgnoreCase(bytes, start, end, PROTO)) {
      return PROTO_BIT;
    }
    return Octets.equalsIgnoreCase(bytes, start, end, HOST) ? HOST_BIT : 0;
  }

  /** A token, or a quoted string: none of those that are valid here needs a backslash. */
  private String unquoted(int start, int end) {
    boolean quoted = end - start > 1 && bytes[start] == '"' && bytes[end - 1] == '"';
    int inset = quoted ? 1 : 0;
    return new String(bytes, start + inset, end - start - 2 * inset, StandardCharsets.ISO_8859_1);
  }

  private static @Nullable String scheme(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return lower.equals("https") || lower.equals("http") ? lower : null;
  }

  private static @Nullable String validHost(String text) {
    return HostName.canonicalise(text) == null ? null : text;
  }

  /**
   * The address of a node: {@code 192.0.2.1}, {@code 2001:db8::1} or {@code [2001:db8::1]}, each
   * perhaps with a port (not without brackets), and in quotes.
   */
  private @Nullable IpAddress node(int nodeStart, int nodeEnd) {
    int start = nodeStart;
    int end = nodeEnd;
    if (end - start > 1 && bytes[start] == '"' && bytes[end - 1] == '"') {
      start++;
      end--;
    }
    if (start == end) {
      return null;
    }
    if (bytes[start] == '[') {
      int close = find(start, end, ']');
      IpAddress address =
          close < end && port(close + 1, end) ? IpAddress.parse(bytes, start + 1, close) : null;
      // "[192.0.2.1]" is none.
      return find(start, close, ':') == close ? null : address;
    }
    int colon = find(start, end, ':');
    boolean withPort = colon < end && find(colon + 1, end, ':') == end;
    if (!withPort) {
      return IpAddress.parse(bytes, start, end);
    }
    return port(colon, end) ? IpAddress.parse(bytes, start, colon) : null;
  }

  private int find(int start, int end, char octet) {
    int at = start;
    while (at < end && bytes[at] != octet) {
      at++;
    }
    return at;
  }

  /** RFC 7239 §6: nothing, or a colon and a port, which is a number or an obfuscated name. */
  private boolean port(int start, int end) {
    if (start == end) {
      return true;
    }
    if (bytes[start] != ':' || start + 1 == end) {
      return false;
    }
    int at = start + 1;
    if (bytes[at] == '_') {
      return Octets.skipToken(bytes, at, end) == end;
    }
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    return at == end && end - start <= 1 + MAX_PORT_DIGITS;
  }
}
