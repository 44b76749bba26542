// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.List;

/**
 * What is known of a certificate without its bytes: about 300 bytes of memory. Equal only to
 * itself: a renewed certificate is another entry, an unchanged one stays the same entry over
 * reloads.
 */
public final class CertificateEntry {
  private final CertificateFiles files;
  private final long stamp;
  private final List<String> names;
  private final long notBeforeMillis;
  private final long notAfterMillis;
  private final String keyType;
  private final List<String> notes;

  /** Whether it is no longer among the certificates. */
  private volatile boolean retired;

  /**
   * An entry.
   *
   * @param stamp the state of the files: {@link FileStamps}
   */
  CertificateEntry(
      CertificateFiles files,
      long stamp,
      long notBeforeMillis,
      long notAfterMillis,
      String keyType,
      List<String> names,
      List<String> notes) {
    this.files = files;
    this.stamp = stamp;
    this.names = List.copyOf(names);
    this.notBeforeMillis = notBeforeMillis;
    this.notAfterMillis = notAfterMillis;
    this.keyType = keyType;
    this.notes = List.copyOf(notes);
  }

  CertificateFiles files() {
    return files;
  }

  long stamp() {
    return stamp;
  }

  /** The file with the certificate. */
  public Path path() {
    return files.certificatePath();
  }

  /** The names that it covers, in lower case; wildcards as {@code *.example.com}. */
  public List<String> names() {
    return names;
  }

  /** Whether it covers a host, in lower case. */
  public boolean covers(String host) {
    String wildcard = CertificateNames.wildcardOf(host);
    return names.contains(host) || (wildcard != null && names.contains(wildcard));
  }

  public long notBeforeMillis() {
    return notBeforeMillis;
  }

  public long notAfterMillis() {
    return notAfterMillis;
  }

  /** Such as {@code ECDSA P-256} or {@code RSA 2048}. */
  public String keyType() {
    return keyType;
  }

  public boolean isEcdsa() {
    return keyType.startsWith("ECDSA");
  }

  /** What is doubtful about it, although it is served. */
  public List<String> notes() {
    return notes;
  }

  /** Whether clients accept it at this time. */
  public boolean isValidAt(long millis) {
    return notBeforeMillis <= millis && millis <= notAfterMillis;
  }

  void retire() {
    retired = true;
  }

  boolean isRetired() {
    return retired;
  }

  /** The path of the certificate. */
  @Override
  public String toString() {
    return path().toString();
  }
}
