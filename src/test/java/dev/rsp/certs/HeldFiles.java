// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The files of this machine as a disk or a network has them that does not answer for a time:
 * whoever opens a file that a test holds waits until the test releases it. Thread-safe.
 *
 * <p>It is for those who read: files are written by the paths of the default file system.
 */
public final class HeldFiles extends FileSystemProvider {
  /** Only a test that has failed leaves a file held for so long. */
  private static final long MOST_SECONDS = 40;

  private static final FileSystem REAL = FileSystems.getDefault();
  private static final FileSystemProvider FILES = REAL.provider();

  private final FileSystem system = new Slow();

  // Guarded by this.
  private final Set<String> held = new HashSet<>();
  private int waiting;

  /** A path of the default file system, by which files are read that may be held. */
  public Path path(Path real) {
    return (Path)
        Proxy.newProxyInstance(
            HeldFiles.class.getClassLoader(), new Class<?>[] {Path.class}, new Slowed(real));
  }

  /** From now on all files of this name are held. */
  public synchronized void hold(String name) {
    held.add(name);
  }

  /** From now on no file is held. */
  public synchronized void release() {
    held.clear();
    notifyAll();
  }

  /** How many threads wait for a file. */
  public synchronized int waiting() {
    return waiting;
  }

  private synchronized void awaitRelease(Path file) throws IOException {
    String name = String.valueOf(file.getFileName());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
    waiting++;
    try {
      while (held.contains(name)) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new IOException(name + " is held for too long");
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      throw new InterruptedIOException(name);
    } finally {
      waiting--;
    }
  }

  /** The methods of a path. */
  private final class Slowed implements InvocationHandler {
    private final Path real;

    Slowed(Path real) {
      this.real = real;
    }

    @Override
    public @Nullable Object invoke(Object path, Method method, Object @Nullable [] arguments)
        throws Throwable {
      if (method.getName().equals("getFileSystem")) {
        return system;
      }
      Object[] given = arguments == null ? new Object[0] : arguments.clone();
      if (method.getName().equals("equals") && !isSlowed(given[0])) {
        return false; // as the other one says
      }
      for (int i = 0; i < given.length; i++) {
        given[i] = given[i] instanceof Path other ? real(other) : given[i];
      }
      try {
        Object result = method.invoke(real, given);
        return result instanceof Path other ? path(other) : result;
      } catch (InvocationTargetException e) {
        throw Objects.requireNonNull(e.getCause());
      }
    }
  }

  private static boolean isSlowed(@Nullable Object path) {
    return path != null
        && Proxy.isProxyClass(path.getClass())
        && Proxy.getInvocationHandler(path) instanceof Slowed;
  }

  private static Path real(Path path) {
    return isSlowed(path) ? ((Slowed) Proxy.getInvocationHandler(path)).real : path;
  }

  @Override
  public InputStream newInputStream(Path path, OpenOption... options) throws IOException {
    awaitRelease(path);
    return FILES.newInputStream(real(path), options);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    awaitRelease(path);
    return FILES.newByteChannel(real(path), options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    return FILES.newDirectoryStream(real(folder), filter);
  }

  @Override
  public boolean isSameFile(Path one, Path other) throws IOException {
    return FILES.isSameFile(real(one), real(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return FILES.isHidden(real(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return FILES.getFileStore(real(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    FILES.checkAccess(real(path), modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return FILES.getFileAttributeView(real(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return FILES.readAttributes(real(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    return FILES.readAttributes(real(path), names, options);
  }

  // For those who write, or begin with text ------------------------------------------------------

  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("files are only read here, by paths that are given");
  }

  @Override
  public String getScheme() {
    return "held";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> settings) {
    throw unused();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    throw unused();
  }

  @Override
  public Path getPath(URI uri) {
    throw unused();
  }

  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) {
    throw unused();
  }

  @Override
  public void delete(Path path) {
    throw unused();
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) {
    throw unused();
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) {
    throw unused();
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options) {
    throw unused();
  }

  /** Leads from a path to the methods above. */
  private final class Slow extends FileSystem {
    @Override
    public FileSystemProvider provider() {
      return HeldFiles.this;
    }

    @Override
    public Path getPath(String first, String... more) {
      return path(REAL.getPath(first, more));
    }

    @Override
    public void close() {
      throw unused();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean isReadOnly() {
      return true;
    }

    @Override
    public String getSeparator() {
      return REAL.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
      throw unused();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
      throw unused();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
      return REAL.supportedFileAttributeViews();
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
      throw unused();
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
      throw unused();
    }

    @Override
    public WatchService newWatchService() {
      throw unused();
    }
  }
}
