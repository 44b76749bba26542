// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The path at which a certificate authority asks for the proof that a host is served here: http-01
 * (RFC 8555 §8.3).
 */
public final class ChallengePath {
  private static final byte[] PREFIX =
      "/.well-known/acme-challenge/".getBytes(StandardCharsets.US_ASCII);

  /** Let's Encrypt's have 43 characters; RFC 8555 §8.3 sets no bound. */
  private static final int MAX_TOKEN = 256;

  private ChallengePath() {}

  /**
   * The token that a GET or HEAD request asks for. Allocates nothing for other requests.
   *
   * @return null if it is no request for a challenge, also with a query or with what no token has
   */
  public static @Nullable String token(RequestHead head) {
    byte[] bytes = head.bytes();
    int path = head.pathStart();
    int start = path + PREFIX.length;
    int length = head.targetEnd() - start;
    if (length < 1
        || length > MAX_TOKEN
        || !Arrays.equals(bytes, path, start, PREFIX, 0, PREFIX.length)
        || !(head.isGet() || head.isHead())) {
      return null;
    }
    for (int at = start; at < start + length; at++) {
      if (!isOfToken(bytes[at])) {
        return null;
      }
    }
    return new String(bytes, start, length, StandardCharsets.US_ASCII);
  }

  /** base64url: RFC 8555 §8.3. */
  private static boolean isOfToken(byte octet) {
    return (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z')
        || (octet >= '0' && octet <= '9')
        || octet == '-'
        || octet == '_';
  }
}
