// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of an {@link IndexFile}, as its bytes: an entry is made when somebody asks for
 * it. So a start with very many certificates costs the reading of one file. A record that cannot be
 * read counts as no certificate. Thread-safe; does not block.
 */
final class IndexedCertificates {
  /** Where a name is and whose it is. */
  private static final int NAME_BYTES = 2 * Integer.BYTES;

  private final byte[] file;
  private final ByteBuffer bytes;
  private final List<Path> folders = new ArrayList<>();
  private final int names;
  private final int allNames;

  /** Where the table of records begins, and that of names. */
  private final int recordsAt;

  private final int namesAt;

  /** Those that were asked for: all users must have the same one. */
  private final AtomicReferenceArray<@Nullable CertificateEntry> made;

  /** Few: each text once. */
  private final Map<String, String> keyTypes = new HashMap<>();

  /**
   * The contents of a file whose checksum was right.
   *
   * @param from behind the number of the format
   * @param to before the checksum
   * @throws BufferUnderflowException or another unchecked exception if they are not complete
   */
  IndexedCertificates(byte[] file, int from, int to) {
    this.file = file;
    ByteBuffer in = ByteBuffer.wrap(file).limit(to).position(from);
    this.bytes = in;
    int folderCount = in.getInt();
    int count = in.getInt();
    this.names = in.getInt();
    this.allNames = in.getInt();
    long tables = (long) count * Integer.BYTES + (long) allNames * NAME_BYTES;
    if (count < 0
        || names < 0
        || allNames < names
        || tables > in.remaining()
        || folderCount > count) {
      throw new BufferUnderflowException();
    }
    for (int left = folderCount; left > 0; left--) {
      folders.add(Path.of(text(in)));
    }
    this.namesAt = in.limit() - allNames * NAME_BYTES;
    this.recordsAt = namesAt - count * Integer.BYTES;
    this.made = new AtomicReferenceArray<>(count);
  }

  int size() {
    return made.length();
  }

  /** How many different names they have. */
  int names() {
    return names;
  }

  List<Path> folders() {
    return folders;
  }

  /** Whether all are in these folders: others may be of an earlier configuration. */
  boolean areIn(List<Path> paths) {
    return folders.stream().allMatch(folder -> isPlain(folder) && isBelow(folder, paths));
  }

  private static boolean isPlain(Path folder) {
    return folder.isAbsolute() && folder.normalize().equals(folder);
  }

  private static boolean isBelow(Path folder, List<Path> paths) {
    return paths.stream().anyMatch(folder::startsWith);
  }

  /** Those in these folders, and those that are these files. */
  List<CertificateEntry> entries(List<Path> paths) {
    boolean all = areIn(paths);
    List<CertificateEntry> entries = new ArrayList<>(size());
    for (int number = 0; number < size(); number++) {
      CertificateEntry entry = entry(number);
      if (entry != null && (all || isAmong(entry, paths))) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private static boolean isAmong(CertificateEntry entry, List<Path> paths) {
    Path folder = entry.files().folder();
    return isPlain(folder) && (isBelow(folder, paths) || paths.contains(entry.path()));
  }

  /** Those whose certificate is in a file of this name, in any folder. */
  List<CertificateEntry> inFilesNamed(String file) {
    byte[] wanted = file.getBytes(StandardCharsets.UTF_8);
    List<CertificateEntry> found = new ArrayList<>();
    for (int number = 0; number < size(); number++) {
      CertificateEntry entry = hasFile(number, wanted) ? entry(number) : null;
      if (entry != null) {
        found.add(entry);
      }
    }
    return found;
  }

  private boolean hasFile(int number, byte[] wanted) {
    try {
      int at = bytes.getInt(recordsAt + number * Integer.BYTES) + Integer.BYTES;
      return (bytes.getShort(at) & 0xffff) == wanted.length
          && bytes.slice(at + Short.BYTES, wanted.length).equals(ByteBuffer.wrap(wanted));
    } catch (IndexOutOfBoundsException e) {
      return false;
    }
  }

  /** The certificates that have a name; null if there are none. */
  @Nullable Named named(String name) {
    int from = 0;
    int to = allNames;
    while (from < to) {
      int middle = (from + to) >>> 1;
      if (compare(name, middle) > 0) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    Named named = null;
    long now = System.currentTimeMillis();
    for (; from < allNames && compare(name, from) == 0; from++) {
      CertificateEntry entry = entry(bytes.getInt(namesAt + from * NAME_BYTES + Integer.BYTES));
      if (entry != null) {
        named = named == null ? new Named(name) : named;
        named.offer(entry, now);
      }
    }
    return named;
  }

  /** Names are ASCII. One that cannot be read is less than all others. */
  private int compare(String name, int number) {
    int at = bytes.getInt(namesAt + number * NAME_BYTES);
    if (at < 0 || at > recordsAt - Short.BYTES) {
      return 1;
    }
    int length = Math.min(bytes.getShort(at) & 0xffff, recordsAt - Short.BYTES - at);
    int from = at + Short.BYTES;
    int both = Math.min(length, name.length());
    for (int i = 0; i < both; i++) {
      int difference = name.charAt(i) - (bytes.get(from + i) & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return name.length() - length;
  }

  private @Nullable CertificateEntry entry(int number) {
    if (number < 0 || number >= size()) {
      return null;
    }
    CertificateEntry known = made.get(number);
    if (known == null) {
      CertificateEntry read = read(number);
      known = read == null || made.compareAndSet(number, null, read) ? read : made.get(number);
    }
    return known;
  }

  private @Nullable CertificateEntry read(int number) {
    try {
      ByteBuffer in = bytes.duplicate();
      in.limit(recordsAt).position(bytes.getInt(recordsAt + number * Integer.BYTES));
      Path folder = folders.get(in.getInt());
      String certificate = text(in);
      String key = text(in);
      String issuer = text(in);
      return isFile(certificate) && isFile(key) && isFile(issuer) && !certificate.isEmpty()
          ? new CertificateEntry(
              new CertificateFiles(
                  folder,
                  certificate,
                  key.isEmpty() ? null : key,
                  issuer.isEmpty() ? null : issuer),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              keyType(text(in)),
              texts(in),
              texts(in))
          : null;
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean isFile(String name) {
    return name.indexOf('/') < 0 && name.indexOf('\0') < 0;
  }

  private String keyType(String text) {
    synchronized (keyTypes) {
      return Objects.requireNonNullElse(keyTypes.putIfAbsent(text, text), text);
    }
  }

  private List<String> texts(ByteBuffer in) {
    int count = in.getInt();
    if (count == 1) {
      return List.of(text(in));
    }
    List<String> texts = new ArrayList<>();
    for (; count > 0; count--) {
      texts.add(text(in));
    }
    return texts;
  }

  private String text(ByteBuffer in) {
    int length = in.getShort() & 0xffff;
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    int at = in.position();
    in.position(at + length);
    return new String(file, at, length, StandardCharsets.UTF_8);
  }
}
