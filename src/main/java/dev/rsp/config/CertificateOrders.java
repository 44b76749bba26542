// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.acme.AcmeSettings;

/**
 * Certificates that are ordered when a client asks for their hosts.
 *
 * @param settings where they are ordered, and how many
 * @param allow who says for which hosts
 */
public record CertificateOrders(AcmeSettings settings, AllowedHosts allow) {
  /** Whether a function of the file is asked. */
  boolean asksScript() {
    return allow.kind() == AllowedHosts.Kind.SCRIPT;
  }
}
