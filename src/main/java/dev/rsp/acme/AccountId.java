// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A short name for the account at a CA: a name of a file, and a word in the log of orders. */
final class AccountId {
  /** Enough to keep the few directories apart that one installation ever uses. */
  private static final int OCTETS = 4;

  private AccountId() {}

  static String of(URI directory) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(directory.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, OCTETS);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // each Java has SHA-256
    }
  }
}
