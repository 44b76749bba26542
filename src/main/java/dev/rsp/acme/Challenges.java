// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The answers to the challenges of orders that are under way. Thread-safe; nothing blocks. */
final class Challenges {
  /** What {@code /.well-known/acme-challenge/TOKEN} says for a host. */
  private record Key(String host, String token) {}

  private final Map<Key, String> files = new ConcurrentHashMap<>();
  private final Map<String, AlpnCredential> certificates = new ConcurrentHashMap<>();

  void addFile(String host, String token, String content) {
    files.put(new Key(host, token), content);
  }

  void removeFile(String host, String token) {
    files.remove(new Key(host, token));
  }

  /** Returns what {@link #removeCertificate} takes. */
  AlpnCredential addCertificate(String host, String keyAuthorization) {
    AlpnCredential credential = CertificateRequest.answer(host, keyAuthorization);
    certificates.put(host, credential);
    return credential;
  }

  /** Removes this one, and not that of a later order of the same host. */
  void removeCertificate(String host, AlpnCredential credential) {
    certificates.remove(host, credential);
  }

  @Nullable String file(String host, String token) {
    return files.isEmpty() ? null : files.get(new Key(host, token));
  }

  @Nullable AlpnCredential certificate(String host) {
    return certificates.isEmpty() ? null : certificates.get(host);
  }
}
