// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;
import java.util.Objects;

/** Which protocols a client may change to through rsp (RFC 9110 §7.8). */
public final class Upgrades {
  private Upgrades() {}

  /**
   * Whether the offer may go to the backend. Not h2c, TLS or another HTTP: those change what the
   * bytes of this very connection mean, so they are for its two ends alone.
   */
  static boolean allowed(RequestHead head) {
    String offer = Objects.requireNonNull(head.field("upgrade"));
    for (String protocol : offer.split(",", -1)) {
      String name = protocol.trim().toLowerCase(Locale.ROOT);
      if (name.isEmpty()
          || name.equals("h2c")
          || name.equals("h2")
          || name.startsWith("http/")
          || name.startsWith("tls/")) {
        return false;
      }
    }
    return true;
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
