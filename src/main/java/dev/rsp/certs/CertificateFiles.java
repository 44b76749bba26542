// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The files of one certificate, in one folder.
 *
 * @param certificate the name of the file with the certificate, and mostly its chain
 * @param key the name of the file with the key; null if it is in the same file
 * @param issuer the name of the file with the rest of the chain; null if there is none
 */
record CertificateFiles(
    Path folder, String certificate, @Nullable String key, @Nullable String issuer) {
  Path certificatePath() {
    return folder.resolve(certificate);
  }

  Path keyPath() {
    return folder.resolve(key == null ? certificate : key);
  }
}
