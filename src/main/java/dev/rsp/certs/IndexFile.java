// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the facts about certificates in a file, so that a start need not open each of them. It
 * holds no keys. What is wrong in it costs time, not safety: a handshake reads the certificate
 * itself, and checks its names. All methods block.
 *
 * <p>Integers are big-endian; a text is its length in two octets and UTF-8:
 *
 * <ol>
 *   <li>the number of the format (8 octets),
 *   <li>how many folders, certificates, different names, and names of all certificates together (4
 *       each),
 *   <li>a text for each folder,
 *   <li>a record for each certificate: {@link #record},
 *   <li>where each record begins (4 each),
 *   <li>for each name of each certificate, in the order of the names: where its text is in the
 *       record, and the number of the certificate from 0 (4 each),
 *   <li>the CRC-32 of all that (8).
 * </ol>
 */
final class IndexFile {
  private static final Logger log = LoggerFactory.getLogger(IndexFile.class);

  /** The first eight bytes; another format gets another number. */
  private static final long FORMAT = 0x7273702d63657233L; // rsp-cer3

  /** More than two million certificates. */
  private static final long MAX_BYTES = 1L << 30;

  /** A larger part of the heap's limit would be missing to all else. */
  private static final int HEAP_PART = 4;

  /** The length of a text has two octets. */
  private static final int MAX_TEXT_BYTES = 0xffff;

  /** The file system of Java keeps a buffer as large as the largest read of a thread. */
  private static final int READ_BYTES = 1 << 16;

  /** That of files which must be read to know whether they have changed. */
  private static final long UNKNOWN_STAMP = 0;

  private IndexFile() {}

  /** A name of a certificate, and where its text is. */
  private record Name(String text, int at, int certificate) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int byText = text.compareTo(other.text);
      return byText == 0 ? Integer.compare(certificate, other.certificate) : byText;
    }
  }

  /** Writes it by rename, for its owner only. */
  static void write(Path file, List<CertificateEntry> entries) throws IOException {
    Path draft =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName() + ".",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    boolean moved = false;
    try {
      var sum = new CRC32();
      try (OutputStream plain = Files.newOutputStream(draft);
          var out =
              new DataOutputStream(
                  new BufferedOutputStream(new CheckedOutputStream(plain, sum), 1 << 16))) {
        write(out, entries);
        out.flush();
        out.writeLong(sum.getValue());
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
      moved = true;
    } finally {
      if (!moved) {
        Files.deleteIfExists(draft);
      }
    }
  }

  private static void write(DataOutputStream out, List<CertificateEntry> entries)
      throws IOException {
    Map<Path, Integer> folders = new LinkedHashMap<>();
    entries.forEach(
        entry -> folders.computeIfAbsent(entry.files().folder(), folder -> folders.size()));
    List<Name> unsorted = new ArrayList<>();
    int all = entries.stream().mapToInt(entry -> entry.names().size()).sum();
    int different =
        (int) entries.stream().flatMap(entry -> entry.names().stream()).distinct().count();
    out.writeLong(FORMAT);
    out.writeInt(folders.size());
    out.writeInt(entries.size());
    out.writeInt(different);
    out.writeInt(all);
    for (Path folder : folders.keySet()) {
      text(out, folder.toString());
    }
    int[] begins = new int[entries.size()];
    for (int i = 0; i < begins.length; i++) {
      begins[i] = out.size();
      CertificateEntry entry = entries.get(i);
      record(out, entry, folders.getOrDefault(entry.files().folder(), 0), i, unsorted);
    }
    for (int begin : begins) {
      out.writeInt(begin);
    }
    Name[] names = unsorted.toArray(new Name[0]);
    Arrays.sort(names);
    for (Name name : names) {
      out.writeInt(name.at);
      out.writeInt(name.certificate);
    }
  }

  private static void record(
      DataOutputStream out, CertificateEntry entry, int folder, int number, List<Name> names)
      throws IOException {
    CertificateFiles files = entry.files();
    out.writeInt(folder);
    text(out, files.certificate());
    text(out, files.key());
    text(out, files.issuer());
    out.writeLong(entry.isDoubtful() ? UNKNOWN_STAMP : entry.stamp());
    out.writeLong(entry.notBeforeMillis());
    out.writeLong(entry.notAfterMillis());
    text(out, entry.keyType());
    out.writeInt(entry.names().size());
    for (String name : entry.names()) {
      names.add(new Name(name, out.size(), number));
      text(out, name);
    }
    out.writeInt(entry.notes().size());
    for (String note : entry.notes()) {
      text(out, note);
    }
  }

  private static void text(DataOutputStream out, @Nullable String text) throws IOException {
    byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_TEXT_BYTES) {
      throw new IOException("a text of " + bytes.length + " bytes");
    }
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  /** The contents of a file; null, with a line in the log, if it is bad. */
  static @Nullable IndexedCertificates read(Path file) {
    try {
      return readChecked(file);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      log.warn("index of certificates not used file={}: {}", file, IoReason.of(e));
      return null;
    }
  }

  private static IndexedCertificates readChecked(Path file) throws IOException {
    long size = Files.size(file);
    long most = Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / HEAP_PART);
    if (!Files.isRegularFile(file) || size > most) {
      throw new IOException("not a file of at most " + most + " bytes");
    }
    byte[] bytes = new byte[(int) size];
    int end = bytes.length - Long.BYTES;
    try (InputStream in = Files.newInputStream(file)) {
      int at = 0;
      int read = 0;
      while (read >= 0 && at < bytes.length) {
        read = in.read(bytes, at, Math.min(READ_BYTES, bytes.length - at));
        at += Math.max(read, 0);
      }
    }
    if (end < Long.BYTES) {
      throw damaged();
    }
    var sum = new CRC32();
    sum.update(bytes, 0, end);
    ByteBuffer all = ByteBuffer.wrap(bytes);
    if (sum.getValue() != all.getLong(end) || all.getLong() != FORMAT) {
      throw damaged();
    }
    try {
      return new IndexedCertificates(bytes, Long.BYTES, end);
    } catch (BufferUnderflowException | IndexOutOfBoundsException | InvalidPathException e) {
      throw damaged();
    }
  }

  private static IOException damaged() {
    return new IOException("damaged, or of another version of rsp");
  }
}
