// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The fields behind the content of one message, as they are passed on (RFC 9110 §6.5). Those that a
 * recipient must know before the content, or that it could take for fields of the head, are not
 * among them.
 */
public final class Trailers {
  /**
   * RFC 9110 §6.5.1: for routing, authentication, conditions, caching and the form of the content;
   * beside those that {@link FieldName} knows.
   */
  private static final Set<String> NEVER =
      Set.of(
          "accept-ranges",
          "age",
          "allow",
          "authorization",
          "cache-control",
          "clear-site-data",
          "content-encoding",
          "content-disposition",
          "content-language",
          "content-location",
          "content-range",
          "content-security-policy",
          "content-type",
          "cookie",
          "expires",
          "location",
          "origin",
          "pragma",
          "range",
          "refresh",
          "retry-after",
          "server",
          "set-cookie",
          "strict-transport-security",
          "user-agent",
          "vary",
          "warning",
          "www-authenticate");

  /** Beginnings of names of which the same is true. */
  private static final List<String> NEVER_BEGIN =
      List.of("access-control-", "if-", "proxy-", "sec-", "x-forwarded-");

  private final List<AsciiString> fields = new ArrayList<>();

  /**
   * Adds a field, if it may be a trailer.
   *
   * @param name a token in lower case
   * @param value without controls, and without white space around it
   */
  public void add(AsciiString name, AsciiString value) {
    if (mayBeTrailer(name)) {
      fields.add(name);
      fields.add(value);
    }
  }

  private static boolean mayBeTrailer(AsciiString name) {
    int end = name.arrayOffset() + name.length();
    if (FieldName.of(name.array(), name.arrayOffset(), end) != FieldName.OTHER
        || UntrustedFields.DEFAULTS.contains(name.array(), name.arrayOffset(), end)) {
      return false;
    }
    // Backends that turn fields into variables take another octet for "-": see FieldName.
    StringBuilder spelling = new StringBuilder(name.length());
    for (int at = name.arrayOffset(); at < end; at++) {
      byte octet = name.array()[at];
      spelling.append(FieldName.alphanumeric(octet) ? (char) octet : '-');
    }
    String plain = spelling.toString();
    for (String start : NEVER_BEGIN) {
      if (plain.startsWith(start)) {
        return false;
      }
    }
    return !NEVER.contains(plain);
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** Names and values in turn. */
  public List<AsciiString> fields() {
    return Collections.unmodifiableList(fields);
  }
}
