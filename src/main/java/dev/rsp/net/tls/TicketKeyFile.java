// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file with {@link TicketKeys}, so that clients resume their sessions after a restart, and at
 * another balancer that has the same file. The newest key is first, each has 48 bytes as in nginx's
 * ssl_session_ticket_key. Its methods block.
 */
final class TicketKeyFile {
  private static final int MOST_BYTES = TicketKeys.KEY_BYTES * TicketKeys.MOST_KEYS;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final Path path;

  TicketKeyFile(Path path) {
    this.path = path;
  }

  /** What a file contains, and since when. */
  record Contents(List<byte[]> keys, Instant changed) {}

  /**
   * Reads the keys.
   *
   * @return null if there is no file
   * @throws IOException if it cannot be read, is not a file of keys, or others may read it
   */
  @Nullable Contents read() throws IOException {
    BasicFileAttributes file;
    try {
      file = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      return null;
    }
    if (!file.isRegularFile() || file.size() == 0 || file.size() > MOST_BYTES) {
      throw new IOException("not a file of 1 to 3 keys with 48 bytes each");
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    permissions.retainAll(OTHERS);
    if (!permissions.isEmpty()) {
      throw new IOException("others than its owner may read or write it (run: chmod 600)");
    }
    byte[] bytes = Files.readAllBytes(path);
    if (bytes.length == 0 || bytes.length % TicketKeys.KEY_BYTES != 0) {
      throw new IOException("not a file of 1 to 3 keys with 48 bytes each");
    }
    List<byte[]> keys = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += TicketKeys.KEY_BYTES) {
      keys.add(Arrays.copyOfRange(bytes, at, at + TicketKeys.KEY_BYTES));
    }
    return new Contents(keys, file.lastModifiedTime().toInstant());
  }

  /**
   * Replaces the file, in one step for its readers.
   *
   * @param newestFirst the keys
   */
  void write(List<byte[]> newestFirst) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    Path fresh =
        Files.createTempFile(
            folder, ".ticket-keys", "", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    boolean moved = false;
    try {
      try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        for (byte[] key : newestFirst) {
          ByteBuffer bytes = ByteBuffer.wrap(key);
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        }
        out.force(true);
      }
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      moved = true;
    } finally {
      if (!moved) {
        Files.deleteIfExists(fresh);
      }
    }
  }
}
