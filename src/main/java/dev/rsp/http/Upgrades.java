// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Which protocols a client may change to through rsp (RFC 9110 §7.8). */
public final class Upgrades {
  private static final Set<String> OF_ONE_HOP = Set.of("h2c", "h2", "http", "tls");

  private Upgrades() {}

  /**
   * Whether the offer may go to the backend. Not h2c, TLS or another HTTP, in whatever version:
   * those change what the bytes of this very connection mean, so they are for its two ends alone.
   */
  static boolean allowed(RequestHead head) {
    String offer = Objects.requireNonNull(head.field("upgrade"));
    for (String protocol : offer.split(",", -1)) {
      String text = protocol.trim().toLowerCase(Locale.ROOT);
      int slash = text.indexOf('/');
      String name = slash < 0 ? text : text.substring(0, slash);
      if (!isToken(name) || OF_ONE_HOP.contains(name)) {
        return false;
      }
    }
    return true;
  }

  /** RFC 9110 §7.8: else another reader may find a name in it that is not seen here. */
  private static boolean isToken(String name) {
    return !name.isEmpty() && name.chars().allMatch(c -> Octets.is(Octets.TOKEN, (byte) c));
  }

  /**
   * Whether an answer names a protocol that was offered.
   *
   * @param offer the Upgrade field of the request
   * @param answer the protocol of the 101 response, in lower case
   */
  public static boolean offered(String offer, String answer) {
    for (String protocol : offer.split(",", -1)) {
      if (protocol.trim().toLowerCase(Locale.ROOT).equals(answer)) {
        return true;
      }
    }
    return false;
  }
}
