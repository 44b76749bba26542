// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The field in which requests carry an id: made by rsp, unless a trusted proxy has sent one.
 * Immutable, any thread.
 */
public final class RequestIdField {
  /** Longer ones are not shown in logs and answers. In characters. */
  public static final int MOST_SHOWN = 128;

  private final String name;
  private final byte[] lowerCase;

  /**
   * Whether requests can carry an id in a field of that name: as of {@link
   * UntrustedFields#isValid}, without an underscore, and not one of the forwarding fields.
   */
  public static boolean isValid(String name) {
    return UntrustedFields.isValid(name)
        && name.indexOf('_') < 0
        && FieldName.of(name) == FieldName.OTHER;
  }

  /** A field with that name, which {@link #isValid}. */
  public RequestIdField(String name) {
    this.name = name;
    this.lowerCase = name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
  }

  /** Its name, as it is sent. */
  public String name() {
    return name;
  }

  /** The variable that applications make of it: RFC 3875 §4.1.18. */
  String variable() {
    return "HTTP_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /**
   * The id in a head, as it can be shown: other octets than letters, digits and {@code ._:+/=@-}
   * are shown as question marks.
   *
   * @return null if the head has no such field
   */
  @Nullable String in(Head head) {
    int field = head.find(lowerCase);
    if (field < 0) {
      return null;
    }
    int start = head.valueStart(field);
    int end = Math.min(head.valueEnd(field), start + MOST_SHOWN);
    char[] shown = new char[end - start];
    for (int i = 0; i < shown.length; i++) {
      byte octet = head.bytes()[start + i];
      boolean plain = FieldName.alphanumeric(Octets.lower(octet)) || "._:+/=@-".indexOf(octet) >= 0;
      shown[i] = plain ? (char) octet : '?';
    }
    return new String(shown);
  }

  /** An id that no other request has: 128 random bits in hexadecimal digits. */
  static String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    char[] digits = new char[32];
    hex(random.nextLong(), digits, 0);
    hex(random.nextLong(), digits, 16);
    return new String(digits);
  }

  private static void hex(long bits, char[] digits, int at) {
    for (int i = 0; i < 16; i++) {
      digits[at + i] = Character.forDigit((int) (bits >>> (60 - 4 * i)) & 0xf, 16);
    }
  }
}
