// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;

/**
 * Files that cannot be served.
 *
 * @param path the certificate's file, or a folder that cannot be read
 * @param reason why, for operators
 * @param isNew whether the file was changed a moment ago, and may still be written
 */
record BrokenCertificate(Path path, String reason, boolean isNew) {}
