// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import dev.rsp.http.FieldName;
import dev.rsp.http.KeptFields;
import dev.rsp.http.Octets;
import dev.rsp.http.RequestHead;
import java.nio.charset.StandardCharsets;

/**
 * Which fields of a request become variables of a uwsgi packet, and their values there.
 *
 * <p>For {@link UwsgiWriter}, on its event loop.
 */
final class UwsgiFields {
  private static final byte[] CONTENT_TYPE = ascii("content-type");

  private static final byte[] COOKIE = ascii("cookie");

  /** Fields that other variables of the packet contain, or that are for the client's hop only. */
  private static final int DROPS =
      KeptFields.REQUEST_DROPS
          | 1 << FieldName.HOST
          | 1 << FieldName.CONTENT_LENGTH
          | 1 << FieldName.EXPECT
          | 1 << FieldName.VIA
          | KeptFields.FORWARDING;

  private UwsgiFields() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Adds the fields that no other variable contains, each name once: an application may keep the
   * first or the last of two. Only names of letters, digits and hyphens become variables, so that
   * two names never become the same variable (nginx: underscores_in_headers,
   * ignore_invalid_headers).
   *
   * @param trusted whether the fields are added that only a trusted proxy may send
   */
  static void add(RequestHead head, UwsgiPacket packet, boolean trusted) {
    byte[] bytes = head.bytes();
    int drops = trusted ? DROPS & ~(1 << FieldName.CLAIM) : DROPS;
    for (int field = 0; field < head.fieldCount(); field++) {
      int start = head.nameStart(field);
      int end = head.nameEnd(field);
      boolean dropped = KeptFields.contains(drops, head, field);
      if (!dropped && fits(bytes, start, end) && !seenBefore(head, field, drops)) {
        packet.startField(bytes, start, end);
        // RFC 9110 §5.3, and RFC 6265 §5.4 for cookies, which are not a list.
        String separator = is(head, field, COOKIE) ? "; " : ", ";
        for (int same = field; same < head.fieldCount(); same++) {
          if (same == field || sameName(head, field, same, drops)) {
            packet.separate(separator);
            packet.put(bytes, head.valueStart(same), head.valueEnd(same));
          }
        }
        packet.endVariable();
      }
    }
  }

  private static boolean fits(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      byte octet = Octets.lower(bytes[i]);
      boolean letter = octet >= 'a' && octet <= 'z';
      boolean digit = octet >= '0' && octet <= '9';
      if (!letter && !digit && octet != '-') {
        return false;
      }
    }
    return !Octets.equalsIgnoreCase(bytes, start, end, CONTENT_TYPE);
  }

  private static boolean is(RequestHead head, int field, byte[] lowerCase) {
    return Octets.equalsIgnoreCase(
        head.bytes(), head.nameStart(field), head.nameEnd(field), lowerCase);
  }

  private static boolean seenBefore(RequestHead head, int field, int drops) {
    for (int earlier = 0; earlier < field; earlier++) {
      if (sameName(head, field, earlier, drops)) {
        return true;
      }
    }
    return false;
  }

  /** Whether two fields have the same name, and the second is forwarded. */
  private static boolean sameName(RequestHead head, int one, int other, int drops) {
    byte[] bytes = head.bytes();
    int size = head.nameEnd(one) - head.nameStart(one);
    if (KeptFields.contains(drops, head, other)
        || head.nameEnd(other) - head.nameStart(other) != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      if (Octets.lower(bytes[head.nameStart(one) + i])
          != Octets.lower(bytes[head.nameStart(other) + i])) {
        return false;
      }
    }
    return true;
  }
}
