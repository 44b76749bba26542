// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A certificate with its key, as they are in the files now.
 *
 * @param entry the certificate among the others
 * @param key the private key of the first certificate
 * @param chain the certificate of the names first, then those that signed it, in order
 */
public record Credential(CertificateEntry entry, PrivateKey key, List<X509Certificate> chain) {
  public Credential {
    chain = List.copyOf(chain);
  }
}
