// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.certs.CertificateReport;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of certificates, in certbot's names: {@code live/HOST/fullchain.pem} and {@code
 * live/HOST/privkey.pem}. New files have hidden names until they are complete, and get their names
 * by rename. Only rsp's user can read them. All methods block.
 */
final class CertificateStore {
  private static final Logger log = LoggerFactory.getLogger(CertificateStore.class);

  private static final String CHAIN = "fullchain.pem";
  private static final String KEY = "privkey.pem";

  /** Hidden, so that nothing reads them. */
  private static final String NEW_CHAIN = ".fullchain.pem.new";

  private static final String NEW_KEY = ".privkey.pem.new";

  /** Room for the chain, taken before the order. A chain of three with RSA keys has 6 KiB. */
  private static final int RESERVED_BYTES = 16 << 10;

  private static final int MAX_ACCOUNT_BYTES = 64 << 10;

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path live;
  private final Path state;
  private final Path accounts;

  /** A key that is in the store, for a certificate that is about to be ordered. */
  record Prepared(String host, KeyPair keys) {}

  /**
   * What is stored for a host.
   *
   * @param problem why it cannot be served; null if it can
   */
  record Stored(long notBeforeMillis, long notAfterMillis, @Nullable String problem) {
    boolean isUsable() {
      return problem == null;
    }
  }

  /**
   * A store.
   *
   * @param root its folder; made by {@link #open} if it is missing
   */
  CertificateStore(Path root) {
    live = root.resolve("live");
    // Beside a folder of this name, live is known as that of certbot: nothing else is read.
    state = root.resolve("renewal");
    accounts = root.resolve("accounts");
  }

  /**
   * Makes the folders that are missing.
   *
   * @throws IOException if that fails, or if it is no safe place for keys
   */
  void open() throws IOException {
    for (Path folder : List.of(live, state, accounts)) {
      Files.createDirectories(folder, PRIVATE_FOLDER);
      if (Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new IOException(
            "every user of this machine can write to " + folder + " (expected: chmod o-w)");
      }
    }
    for (Path file : List.of(log(), lock())) {
      requireRegular(file);
    }
  }

  /** A FIFO would block whoever opens it. */
  private static void requireRegular(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + " is not a regular file");
    }
  }

  /** The file of the log of orders. */
  Path log() {
    return state.resolve("orders.log");
  }

  /** The file that is locked by the one process that orders. */
  Path lock() {
    return state.resolve("orders.lock");
  }

  /** The chain of a host, whether it exists or not. */
  Path chain(String host) {
    return folder(host).resolve(CHAIN);
  }

  /** The hosts that have a folder. */
  List<String> hosts() throws IOException {
    List<String> hosts = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(live)) {
      for (Path folder : folders) {
        String name = folder.getFileName().toString();
        if (CertifiableName.isOne(name)) {
          hosts.add(name);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return hosts;
  }

  /**
   * Reads the certificate of a host, with the eyes of those that serve it. Completes what a process
   * that ended suddenly has not completed.
   *
   * @return null if there is none
   */
  @Nullable Stored check(String host) throws IOException {
    Stored stored = read(host);
    if ((stored == null || !stored.isUsable()) && complete(host)) {
      return read(host);
    }
    return stored;
  }

  private @Nullable Stored read(String host) {
    Path chain = chain(host);
    if (!Files.exists(chain, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    List<CertificateReport> reports =
        CertificateScan.read(new CertificateSettings(List.of(chain), null, null, 1)).reports();
    for (CertificateReport report : reports) {
      Instant begin = report.notBefore();
      Instant end = report.notAfter();
      if (report.problem() != null || begin == null || end == null) {
        return new Stored(0, 0, report.problem() == null ? "it is damaged" : report.problem());
      }
      return new Stored(
          begin.toEpochMilli(),
          end.toEpochMilli(),
          report.names().contains(host) ? null : "it is the certificate of another name");
    }
    return new Stored(0, 0, "there is no certificate in it");
  }

  /** Renames files that were complete when a process ended between two renames. */
  private boolean complete(String host) throws IOException {
    Path folder = folder(host);
    Path chain = folder.resolve(NEW_CHAIN);
    Path key = folder.resolve(NEW_KEY);
    if (!Files.isRegularFile(chain, LinkOption.NOFOLLOW_LINKS) || isReserved(chain)) {
      return false;
    }
    if (Files.exists(key, LinkOption.NOFOLLOW_LINKS)) {
      rename(key, folder.resolve(KEY));
    }
    rename(chain, folder.resolve(CHAIN));
    return true;
  }

  /** Whether a file has no content yet, only room for it. */
  private static boolean isReserved(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer first = ByteBuffer.allocate(1);
      return channel.read(first) < 1 || first.get(0) == 0;
    }
  }

  /**
   * Writes a new key, and takes the room for the chain: what cannot be stored is not ordered.
   *
   * @throws IOException if the store cannot take them
   */
  Prepared prepare(String host) throws IOException {
    Path folder = folder(host);
    Files.createDirectories(folder, PRIVATE_FOLDER);
    for (String name : List.of(KEY, CHAIN)) {
      if (Files.isDirectory(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(folder.resolve(name) + " is a folder");
      }
    }
    KeyPair keys = CertificateRequest.keys();
    try {
      write(folder.resolve(NEW_KEY), pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
      write(folder.resolve(NEW_CHAIN), new byte[RESERVED_BYTES]);
    } catch (IOException e) {
      discard(host);
      throw e;
    }
    return new Prepared(host, keys);
  }

  /** Whether the store takes files of this size at all, although not those of some host. */
  boolean isWritable() {
    Path probe = state.resolve(".probe.new");
    try {
      write(probe, new byte[RESERVED_BYTES]);
      return true;
    } catch (IOException e) {
      log.debug("the store cannot be written", e);
      return false;
    } finally {
      try {
        Files.deleteIfExists(probe);
      } catch (IOException e) {
        log.debug("cannot remove {}", probe, e);
      }
    }
  }

  /** Removes what {@link #prepare} has written. */
  void discard(String host) {
    for (String name : List.of(NEW_KEY, NEW_CHAIN)) {
      try {
        Files.deleteIfExists(folder(host).resolve(name));
      } catch (IOException e) {
        log.debug("cannot remove {} of {}", name, host, e); // the next order replaces it
      }
    }
  }

  /** Stores a chain beside the key that was prepared for it, in place of those before. */
  void store(Prepared prepared, List<X509Certificate> chain) throws IOException {
    Path folder = folder(prepared.host());
    StringBuilder text = new StringBuilder();
    try {
      for (X509Certificate certificate : chain) {
        text.append(
            new String(pem("CERTIFICATE", certificate.getEncoded()), StandardCharsets.US_ASCII));
      }
    } catch (CertificateEncodingException e) {
      throw new IOException("the CA's certificate cannot be written: " + e.getMessage(), e);
    }
    overwrite(folder.resolve(NEW_CHAIN), text.toString().getBytes(StandardCharsets.US_ASCII));
    rename(folder.resolve(NEW_KEY), folder.resolve(KEY));
    rename(folder.resolve(NEW_CHAIN), folder.resolve(CHAIN));
    sync(folder);
    sync(live);
  }

  /**
   * The key of an account; made if there is none.
   *
   * @param id of the account, a name of a file
   * @param directory for the reader of the file
   * @throws IOException if it cannot be read or written, or is damaged
   */
  KeyPair accountKeys(String id, String directory) throws IOException {
    Path file = accounts.resolve(id + ".key");
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return readKeys(file);
    }
    KeyPair keys = CertificateRequest.keys();
    Path fresh = accounts.resolve("." + id + ".key.new");
    String title = "Account key of rsp for " + directory + "\n";
    write(
        fresh,
        title.getBytes(StandardCharsets.UTF_8),
        pem("PRIVATE KEY", keys.getPrivate().getEncoded()),
        pem("PUBLIC KEY", keys.getPublic().getEncoded()));
    rename(fresh, file);
    sync(accounts);
    return keys;
  }

  private static KeyPair readKeys(Path file) throws IOException {
    requireRegular(file);
    if (Files.size(file) > MAX_ACCOUNT_BYTES) {
      throw new IOException(file + " is no account key");
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    try {
      KeyFactory factory = KeyFactory.getInstance("EC");
      return new KeyPair(
          factory.generatePublic(new X509EncodedKeySpec(block(text, "PUBLIC KEY"))),
          factory.generatePrivate(new PKCS8EncodedKeySpec(block(text, "PRIVATE KEY"))));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          "the account key " + file + " is damaged (restore it, or remove it for a new account)",
          e);
    }
  }

  private static byte[] block(String text, String label) {
    String begin = "-----BEGIN " + label + "-----";
    int start = text.indexOf(begin);
    int end = text.indexOf("-----END " + label + "-----");
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("no " + label);
    }
    return Base64.getMimeDecoder().decode(text.substring(start + begin.length(), end));
  }

  private Path folder(String host) {
    if (!CertifiableName.isOne(host)) {
      throw new IllegalArgumentException("not the name of a host: " + host.length() + " bytes");
    }
    return live.resolve(host);
  }

  private static byte[] pem(String label, byte[] der) {
    byte[] newLine = {'\n'};
    return ("-----BEGIN "
            + label
            + "-----\n"
            + Base64.getMimeEncoder(64, newLine).encodeToString(der)
            + "\n-----END "
            + label
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes a new file to the disk. */
  static void write(Path file, byte[]... parts) throws IOException {
    Files.deleteIfExists(file);
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE)) {
      for (byte[] part : parts) {
        writeAll(channel, part);
      }
      channel.force(true);
    }
  }

  /** Writes into the room that a file has taken: this cannot fail for want of room. */
  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      writeAll(channel, bytes);
      channel.truncate(bytes.length);
      channel.force(true);
    }
  }

  private static void writeAll(FileChannel channel, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Writes renames in a folder to the disk. */
  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
