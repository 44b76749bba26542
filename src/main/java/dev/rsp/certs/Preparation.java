// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.security.GeneralSecurityException;

/**
 * How a TLS library takes certificates.
 *
 * @param <T> a certificate and its key, ready for handshakes; counted by its users
 */
public interface Preparation<T> {
  /**
   * Prepares a certificate, off the loops. The caller is its first user.
   *
   * @throws GeneralSecurityException if the library does not take it
   */
  T prepare(Credential credential) throws GeneralSecurityException;

  /** Counts one more user; any thread. */
  void retain(T prepared);

  /** Ends the use of one user; the last one frees it. Any thread. */
  void release(T prepared);
}
