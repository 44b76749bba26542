// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.List;

/**
 * What was found in the folders of certificates.
 *
 * @param folders all, the configured ones first
 * @param unreadable folders that cannot be read, and configured paths where nothing is
 */
record FoundFiles(
    List<CertificateFiles> certificates, List<Path> folders, List<BrokenCertificate> unreadable) {}
