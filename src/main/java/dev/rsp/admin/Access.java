// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may ask, and what for. Immutable; it does not keep the token itself. */
public final class Access {
  private static final String BEARER = "bearer ";

  private final byte @Nullable [] digest;
  private final Set<String> names;
  private final boolean anyShortName;
  private final @Nullable Page page;

  private Access(
      byte @Nullable [] digest, List<String> names, boolean anyShortName, @Nullable Page page) {
    this.digest = digest;
    this.names = Set.copyOf(names);
    this.anyShortName = anyShortName;
    this.page = page;
  }

  /**
   * That of a Unix socket: whoever can connect may ask. A browser comes there through a tunnel, so
   * a name with a dot, which may be an attacker's, must be one of these.
   *
   * @param page what browsers get; null for nothing
   */
  public static Access ofSocket(List<String> names, @Nullable Page page) {
    return new Access(null, names, true, page);
  }

  /** That of an IP address: whoever knows the token may ask. */
  public static Access withToken(String token, List<String> names, @Nullable Page page) {
    return new Access(digest(token), names, false, page);
  }

  /** What browsers get; null for nothing. */
  @Nullable Page page() {
    return page;
  }

  /** Whether a token is needed. */
  boolean needsToken() {
    return digest != null;
  }

  /**
   * Whether a value of Authorization (RFC 6750 §2.1) has the token. It takes the same time for each
   * wrong one.
   */
  boolean knows(String authorization) {
    boolean bearer = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String given = bearer ? authorization.substring(BEARER.length()).strip() : "";
    return digest == null || (MessageDigest.isEqual(digest, digest(given)) && bearer);
  }

  /** Of one length for all tokens, so that a comparison tells nothing of the right one's. */
  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256")
          .digest(token.getBytes(StandardCharsets.ISO_8859_1));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("each Java has it", e);
    }
  }

  /**
   * Whether a browser may call this endpoint by a host. An attacker's page can have its own name
   * lead here, and would then read the answers (DNS rebinding).
   *
   * @param host the value of Host, with or without port
   */
  boolean isOwnHost(String host) {
    String name = withoutPort(host.toLowerCase(Locale.ROOT));
    boolean literal =
        name.startsWith("[")
            ? name.endsWith("]") && NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1))
            : NetUtil.isValidIpV4Address(name);
    return literal
        || name.equals("localhost")
        || names.contains(name)
        || (anyShortName && name.matches("[a-z0-9_-]+"));
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    boolean port = colon > host.lastIndexOf(']') && host.substring(colon + 1).matches("[0-9]{1,5}");
    return port ? host.substring(0, colon) : host;
  }
}
