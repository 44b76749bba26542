// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
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
 */
final class IndexFile {
  private static final Logger log = LoggerFactory.getLogger(IndexFile.class);

  /** The first eight bytes; another format gets another number. */
  private static final long FORMAT = 0x7273702d63657231L; // rsp-cer1

  /** More than two million certificates. */
  private static final long MAX_BYTES = 1L << 30;

  private IndexFile() {}

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
    out.writeLong(FORMAT);
    out.writeInt(folders.size());
    for (Path folder : folders.keySet()) {
      text(out, folder.toString());
    }
    out.writeInt(entries.size());
    for (CertificateEntry entry : entries) {
      CertificateFiles files = entry.files();
      out.writeInt(folders.getOrDefault(files.folder(), 0));
      text(out, files.certificate());
      text(out, files.key());
      text(out, files.issuer());
      out.writeLong(entry.stamp());
      out.writeLong(entry.notBeforeMillis());
      out.writeLong(entry.notAfterMillis());
      text(out, entry.keyType());
      texts(out, entry.names());
      texts(out, entry.notes());
    }
  }

  private static void texts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeShort(texts.size());
    for (String text : texts) {
      text(out, text);
    }
  }

  private static void text(DataOutputStream out, @Nullable String text) throws IOException {
    byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  /**
   * The entries of a file, of those below these paths; none, with a line in the log, if it is bad.
   */
  static List<CertificateEntry> readOrNothing(Path file, List<Path> paths) {
    try {
      return read(file, paths);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      log.warn("index of certificates not used file={}: {}", file, IoReason.of(e));
      return List.of();
    }
  }

  private static List<CertificateEntry> read(Path file, List<Path> paths) throws IOException {
    if (Files.size(file) > MAX_BYTES || !Files.isRegularFile(file)) {
      throw new IOException("not a file of at most " + MAX_BYTES + " bytes");
    }
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
    int end = all.limit() - Long.BYTES;
    if (end < Long.BYTES) {
      throw damaged();
    }
    var sum = new CRC32();
    sum.update(all.array(), 0, end);
    if (sum.getValue() != all.getLong(end) || all.getLong() != FORMAT) {
      throw damaged();
    }
    all.limit(end);
    try {
      return entries(all, paths);
    } catch (BufferUnderflowException | IndexOutOfBoundsException | InvalidPathException e) {
      throw damaged();
    }
  }

  private static IOException damaged() {
    return new IOException("damaged, or of another version of rsp");
  }

  private static List<CertificateEntry> entries(ByteBuffer in, List<Path> paths) {
    List<Path> folders = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      folders.add(Path.of(text(in)));
    }
    List<CertificateEntry> entries = new ArrayList<>();
    for (int left = in.getInt(); left > 0; left--) {
      Path folder = folders.get(in.getInt());
      String certificate = text(in);
      String key = text(in);
      String issuer = text(in);
      CertificateEntry entry =
          new CertificateEntry(
              new CertificateFiles(
                  folder,
                  certificate,
                  key.isEmpty() ? null : key,
                  issuer.isEmpty() ? null : issuer),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              text(in),
              texts(in),
              texts(in));
      boolean plain = (certificate + key + issuer).indexOf('/') < 0;
      if (plain && isBelow(folder, certificate, paths)) {
        entries.add(entry);
      }
    }
    return entries;
  }

  private static boolean isBelow(Path folder, String certificate, List<Path> paths) {
    for (Path path : paths) {
      if (folder.startsWith(path) || folder.resolve(certificate).equals(path)) {
        return folder.normalize().equals(folder);
      }
    }
    return false;
  }

  private static List<String> texts(ByteBuffer in) {
    int count = in.getShort() & 0xffff;
    if (count == 1) {
      return List.of(text(in));
    }
    List<String> texts = new ArrayList<>();
    for (; count > 0; count--) {
      texts.add(text(in));
    }
    return texts;
  }

  private static String text(ByteBuffer in) {
    int length = in.getShort() & 0xffff;
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
