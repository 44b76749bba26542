// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Fields in which proxies say one thing, such as X-Forwarded-Proto: a backend must get one value.
 *
 * <p>If there are several, the last counts: a proxy that appends writes its own value behind those
 * that it got, which may be a client's.
 */
final class SingleValue {
  private SingleValue() {}

  /** Lets only the last of the fields with this name be forwarded, this one. */
  static void keepLast(Head head, int field) {
    for (int earlier = field - 1; earlier >= 0; earlier--) {
      if (head.name(earlier) == head.name(field) && sameName(head, earlier, field)) {
        head.setName(earlier, FieldName.SUPERSEDED);
        return; // those before it are marked already
      }
    }
  }

  private static boolean sameName(Head head, int one, int other) {
    int size = head.nameEnd(one) - head.nameStart(one);
    if (head.nameEnd(other) - head.nameStart(other) != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      if (Octets.lower(head.bytes[head.nameStart(one) + i])
          != Octets.lower(head.bytes[head.nameStart(other) + i])) {
        return false;
      }
    }
    return true;
  }

  /** Lets a field have only the last element of its value that is not empty, or not be there. */
  static void keepLastElement(Head head, int field) {
    byte[] bytes = head.bytes;
    int start = head.valueStart(field);
    int end = head.valueEnd(field);
    while (end > start && (bytes[end - 1] == ',' || Octets.blank(bytes[end - 1]))) {
      end--;
    }
    int element = end;
    while (element > start && bytes[element - 1] != ',') {
      element--;
    }
    head.setValue(field, Octets.skipBlanks(bytes, element, end), end);
    dropEmpty(head, field);
  }

  /** Lets a field without a value not be forwarded: it says nothing. */
  static void dropEmpty(Head head, int field) {
    if (head.valueStart(field) == head.valueEnd(field)) {
      head.setName(field, FieldName.SUPERSEDED);
    }
  }

  /**
   * The same for X-Forwarded-Proto and X-Forwarded-Host. If what remains is not a scheme (RFC 3986
   * §3.1) or a host with an optional port, no field of this name is forwarded.
   */
  static void keepOfForwarding(RequestHead head, int field) {
    keepLast(head, field);
    keepLastElement(head, field);
    int start = head.valueStart(field);
    int end = head.valueEnd(field);
    // The array for the host of the request is free until that is found.
    boolean valid =
        head.name(field) == FieldName.X_FORWARDED_PROTO
            ? isScheme(head.bytes, start, end)
            : HostName.canonicalise(head.bytes, start, end, head.host) > 0;
    if (!valid) {
      head.setName(field, FieldName.SUPERSEDED);
    }
  }

  /** Of a value that is not empty: an empty one has no name any more. */
  private static boolean isScheme(byte[] bytes, int start, int end) {
    for (int at = start; at < end; at++) {
      byte octet = Octets.lower(bytes[at]);
      boolean letter = octet >= 'a' && octet <= 'z';
      boolean other = FieldName.alphanumeric(octet) || "+-.".indexOf(octet) >= 0;
      if (!letter && (at == start || !other)) {
        return false;
      }
    }
    return true;
  }
}
