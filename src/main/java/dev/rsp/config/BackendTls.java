// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How rsp speaks TLS with some backends: whom it trusts, which name it expects, and which
 * certificate of its own it shows. The files were read when the configuration was loaded; two are
 * equal if all of their content is. Immutable.
 */
public final class BackendTls {
  private final @Nullable String name;
  private final boolean verified;
  private final List<X509Certificate> authorities;
  private final List<X509Certificate> chain;
  private final @Nullable PrivateKey key;

  /** A digest of everything else: certificates are slow to compare. */
  private final String identity;

  /**
   * Settings.
   *
   * @param name the name that certificates are checked for, and that the backend is asked for; null
   *     for the host of each address
   * @param verified whether the backend's certificate is checked
   * @param authorities who may have signed it
   * @param chain rsp's own certificate, the leaf first; empty for none
   * @param key of the leaf; null for none
   */
  BackendTls(
      @Nullable String name,
      boolean verified,
      List<X509Certificate> authorities,
      List<X509Certificate> chain,
      @Nullable PrivateKey key) {
    this.name = name;
    this.verified = verified;
    this.authorities = List.copyOf(authorities);
    this.chain = List.copyOf(chain);
    this.key = key;
    this.identity = digest();
  }

  private String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((name + "/" + verified + "/").getBytes(StandardCharsets.UTF_8));
      for (X509Certificate authority : authorities) {
        digest.update(authority.getEncoded());
      }
      digest.update((byte) '/');
      for (X509Certificate own : chain) {
        digest.update(own.getEncoded());
      }
      if (key != null) {
        digest.update(key.getEncoded());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // each Java has SHA-256, and these have been parsed
    }
  }

  /** The name for all of the addresses; null for the host of each. In lower case. */
  public @Nullable String name() {
    return name;
  }

  /** Whether the backend's certificate is checked. */
  public boolean verified() {
    return verified;
  }

  /** Who may have signed the backend's certificate. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /** rsp's own certificate, the leaf first; empty for none. */
  public List<X509Certificate> chain() {
    return chain;
  }

  /** The key of rsp's own certificate; null for none. */
  public @Nullable PrivateKey key() {
    return key;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other == this || (other instanceof BackendTls that && identity.equals(that.identity));
  }

  @Override
  public int hashCode() {
    return identity.hashCode();
  }
}
