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

  /** A checksum of the files; 0 if it is not known. */
  private final int contents;

  /** Whether the files may have changed although their stamp is the same. */
  private volatile boolean doubtful;

  /** Whether it is no longer among the certificates. */
  private volatile boolean retired;

  /**
   * An entry of which only the stamp is known, as of an index file.
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
    this(files, stamp, 0, false, notBeforeMillis, notAfterMillis, keyType, names, notes);
  }

  /**
   * An entry of files that were just read.
   *
   * @param stamp the state of the files: {@link FileStamps}
   * @param contents a checksum of what was read; 0 if it is not known
   * @param doubtful whether they may change once more without another stamp
   */
  CertificateEntry(
      CertificateFiles files,
      long stamp,
      int contents,
      boolean doubtful,
      long notBeforeMillis,
      long notAfterMillis,
      String keyType,
      List<String> names,
      List<String> notes) {
    this.files = files;
    this.contents = contents;
    this.doubtful = doubtful;
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

  /** Whether its files must be read to know whether they have changed. */
  boolean isDoubtful() {
    return doubtful;
  }

  /** Its files are not what the stamp promised. */
  void doubt() {
    doubtful = true;
  }

  /**
   * Whether the files are still the same.
   *
   * @param now what they were read as just now: this entry is then as certain as that one
   */
  boolean isConfirmedBy(CertificateEntry now) {
    boolean same = contents != 0 && contents == now.contents && stamp == now.stamp;
    if (same) {
      doubtful = now.doubtful;
    }
    return same;
  }

  /** Whether the files have changed, as far as this entry can know. */
  boolean differsFrom(CertificateEntry now) {
    return stamp != now.stamp || (contents != 0 && contents != now.contents);
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
