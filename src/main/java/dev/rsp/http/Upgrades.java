// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which protocols a client may upgrade to through rsp (RFC 9110 §7.8). */
public final class Upgrades {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"; // RFC 9110 §5.6.2

  /** A name, or a name and a version. */
  private static final Pattern PROTOCOL =
      Pattern.compile("(TOKEN)(?:/TOKEN)?".replace("TOKEN", TOKEN));

  /**
   * Not h2c, TLS or another HTTP: they change the protocol of one connection, which a proxy cannot
   * forward to another.
   */
  private static final Set<String> NEVER = Set.of("h2c", "h2", "http", "tls");

  private Upgrades() {}

  /**
   * The protocols that a client offers and that may be forwarded to the backend: a list in the
   * client's order, or null if there are none. The server chooses one of them, so leaving some out
   * is allowed.
   */
  static @Nullable String allowed(RequestHead head) {
    String offer = Objects.requireNonNull(head.field("upgrade"));
    StringJoiner allowed = new StringJoiner(", ");
    for (String element : offer.split(",", -1)) {
      Matcher protocol = PROTOCOL.matcher(element.trim());
      if (protocol.matches() && !NEVER.contains(protocol.group(1).toLowerCase(Locale.ROOT))) {
        allowed.add(protocol.group());
      }
    }
    return allowed.length() == 0 ? null : allowed.toString();
  }

  /**
   * Whether a response names a protocol that was offered.
   *
   * @param offer the protocols that were sent to the backend
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
