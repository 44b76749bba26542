// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** TLS settings and places for tests of other packages. */
public final class TestTls {
  private TestTls() {}

  /** Settings that trust some authorities. */
  public static BackendTls trusting(@Nullable String name, X509Certificate... authorities) {
    return new BackendTls(name, true, List.of(authorities), List.of(), null);
  }

  /** The same with a certificate of rsp's own. */
  public static BackendTls showing(
      String name, X509Certificate authority, List<X509Certificate> chain, PrivateKey key) {
    return new BackendTls(name, true, List.of(authority), chain, key);
  }

  /** A Unix socket with TLS, which is not connected to. */
  public static Place place(BackendTls tls) {
    return Place.unix(Protocol.HTTPS, "/run/a.sock", tls);
  }
}
