// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.config.SocketAccess;
import dev.rsp.log.IoReason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a listening Unix socket, which outlives a process that was killed.
 *
 * <p>The socket is bound in a directory that only this user can enter, and gets its name when it is
 * complete: nobody connects to it before, and nothing that another program put there meanwhile is
 * replaced. Then it has two names in the system: clients use the path, and ss(8) shows the one that
 * was bound.
 *
 * <p>Not thread-safe. All methods block.
 */
public final class UnixSocketFile {
  private static final Logger log = LoggerFactory.getLogger(UnixSocketFile.class);

  /** sun_path of unix(7) has 108 bytes, and the last one is the terminating zero. */
  private static final int MAX_PATH_BYTES = 107;

  /** Directories tried; their names are random, so one that exists is rare. */
  private static final int MAX_TRIES = 16;

  private final Path path;
  private final Path directory;
  private final Path bound;

  /** Device and inode of the published file; null before. */
  private @Nullable Object key;

  /** Owner, group and mode that the system gave to the socket; null before they were changed. */
  private @Nullable PosixFileAttributes asBound;

  private UnixSocketFile(Path path, Path directory, Path bound) {
    this.path = path;
    this.directory = directory;
    this.bound = bound;
  }

  /**
   * Prepares the directory to bind in. The caller binds {@link #boundPath}, then calls {@link
   * #publish}, and {@link #remove} in the end, also if one of them failed.
   *
   * @throws IOException if the directory cannot be created
   */
  public static UnixSocketFile prepare(String path) throws IOException {
    Path file = Path.of(path);
    for (int i = 1; true; i++) {
      int random = ThreadLocalRandom.current().nextInt(1 << 24);
      Path directory = file.resolveSibling(String.format(Locale.ROOT, ".%06x", random));
      try {
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new UnixSocketFile(file, directory, nameIn(directory, file));
      } catch (FileAlreadyExistsException e) {
        if (i == MAX_TRIES) {
          throw e;
        }
      } catch (IOException e) {
        throw new IOException(file.getParent() + ": " + IoReason.of(e), e);
      }
    }
  }

  /** The same name as the socket's, by which ss(8) shows it, or a short one if that is too long. */
  private static Path nameIn(Path directory, Path file) {
    Path same = directory.resolve(file.getFileName());
    return same.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES
        ? same
        : directory.resolve("s");
  }

  /** The path to bind. */
  public String boundPath() {
    return bound.toString();
  }

  /**
   * Sets who may connect. Of the bound socket before {@link #publish}, so that nobody meets other
   * rights; of the published one after that. What {@code access} does not say is as it was when the
   * socket was bound.
   *
   * @throws IOException if the system does not allow it, or the file was replaced; some of it may
   *     be done
   */
  public void permit(SocketAccess access) throws IOException {
    Path file = key == null ? bound : path;
    if (key != null && !key.equals(key(path))) {
      throw new IOException("the file is no longer the socket of this process");
    }
    PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes now = view.readAttributes();
    if (asBound == null) {
      asBound = now;
    }
    PosixFileAttributes before = asBound;
    String owner = access.owner();
    String group = access.group();
    UserPrincipal wantedOwner = owner == null ? before.owner() : SocketAccess.Kind.USER.find(owner);
    UserPrincipal wantedGroup =
        group == null ? before.group() : SocketAccess.Kind.GROUP.find(group);
    if (!wantedGroup.equals(now.group())) {
      view.setGroup((GroupPrincipal) wantedGroup);
    }
    if (!wantedOwner.equals(now.owner())) {
      view.setOwner(wantedOwner);
    }
    Integer mode = access.mode();
    Set<PosixFilePermission> wanted = mode == null ? before.permissions() : permissions(mode);
    if (!wanted.equals(now.permissions())) {
      // Not by the view: a link is not followed, but chmod(2) of a socket works by its path only.
      Files.setPosixFilePermissions(file, wanted);
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's right to read on
    for (int i = 0; i < all.length; i++) {
      if ((mode >> (all.length - 1 - i) & 1) != 0) {
        set.add(all[i]);
      }
    }
    return set;
  }

  /**
   * Gives the bound socket its path. A dead socket there is replaced.
   *
   * @throws IOException if a process listens on the path, or may listen, or it is not a socket
   */
  public void publish() throws IOException {
    SocketFileLock.holding(
        path,
        () -> {
          removeIfDead(path.toString());
          link();
          key = key(path);
        });
    removePrivate();
  }

  private void link() throws IOException {
    try {
      Files.createLink(path, bound);
    } catch (FileAlreadyExistsException e) {
      throw new IOException("Address already in use", e);
    } catch (IOException | UnsupportedOperationException e) {
      // Without hard links, or without the right to make one to a file of another owner.
      Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * Removes the file if it is still the one that was published, and what {@link #prepare} made.
   * While the socket is open, no other file can have its inode.
   */
  public void remove() {
    removePrivate();
    Object own = key;
    key = null;
    if (own == null) {
      return;
    }
    try {
      SocketFileLock.holding(
          path,
          () -> {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && own.equals(key(path))) {
              Files.delete(path);
            }
          });
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", path, e.toString());
    }
  }

  private void removePrivate() {
    try {
      Files.deleteIfExists(bound);
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", directory, e.toString());
    }
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /**
   * Removes a dead socket, on which no process listens. Anything else stays.
   *
   * @throws IOException if a process listens on it, or may listen, or it is not a socket, or cannot
   *     be removed
   */
  public static void removeIfDead(String path) throws IOException {
    if (isDead(path)) {
      Files.deleteIfExists(Path.of(path));
    }
  }

  /**
   * Whether there is a dead socket, on which no process listens.
   *
   * @throws IOException if a process listens on it, or may listen, or it is not a socket
   */
  static boolean isDead(String path) throws IOException {
    Path file = Path.of(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (!(Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode)
        || (mode & 0170000) != 0140000) { // S_IFMT, S_IFSOCK: inode(7)
      // Netty's bind would remove a file of any type.
      throw new IOException("the file exists and is not a socket");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false); // else connect(2) blocks while its queue is full
      probe.connect(UnixDomainSocketAddress.of(file));
    } catch (ConnectException refused) {
      return true;
    } catch (IOException e) {
      // A datagram socket, no permission, or a full queue: it may be alive.
      throw new IOException("another program's socket exists: " + e.getMessage(), e);
    }
    throw new IOException("Address already in use");
  }
}
