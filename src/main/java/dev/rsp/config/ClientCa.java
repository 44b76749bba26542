// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Who signs the certificates of clients on a listen address.
 *
 * @param certificates of the authorities
 * @param required whether a client without a certificate is refused in the handshake
 */
public record ClientCa(List<X509Certificate> certificates, boolean required) {
  public ClientCa {
    certificates = List.copyOf(certificates);
  }
}
