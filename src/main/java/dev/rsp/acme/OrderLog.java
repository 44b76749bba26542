// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The file that says what was ordered: a line is added for each event, and on the disk before the
 * event has effects. It is written again, with the lines that still matter, when it has grown.
 * Thread-safe; all methods block.
 */
final class OrderLog implements Closeable {
  /** The first line. A change that an older rsp cannot read needs another number. */
  static final String HEADER = "# rsp orders 1";

  /** The begin of the first line in every version. */
  private static final String TITLE = "# rsp orders ";

  /** Longer ones are damaged. */
  private static final int MAX_LINE = 2_000;

  private static final int BUFFER_BYTES = 64 << 10;

  private final Path file;
  private @Nullable FileChannel channel;
  private volatile int lines;

  OrderLog(Path file) {
    this.file = file;
  }

  /**
   * Reads a file; a missing one is empty.
   *
   * @param take gets each line, and says whether it understands it
   * @return how many lines were not understood; the last one counts if it has no end
   */
  static int read(Path file, Predicate<String> take) throws IOException {
    int damaged = 0;
    byte[] buffer = new byte[BUFFER_BYTES];
    int start = 0;
    int end = 0;
    boolean isTooLong = false;
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer, end, buffer.length - end)) {
        end += n;
        for (int i = end - n; i < end; i++) {
          if (buffer[i] == '\n') {
            String line = new String(buffer, start, i - start, StandardCharsets.UTF_8);
            start = i + 1;
            if (line.startsWith(TITLE) && !line.equals(HEADER)) {
              throw new IOException("it was written by a later version of rsp");
            }
            if (isTooLong || !(line.equals(HEADER) || take.test(line))) {
              damaged++;
            }
            isTooLong = false;
          }
        }
        if (end - start > MAX_LINE) {
          isTooLong = true;
          start = end;
        }
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
      }
      return isTooLong || end > 0 ? damaged + 1 : damaged;
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** Goes on with a file that is as it should be. */
  synchronized void resume(int lineCount) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    lines = lineCount;
  }

  /**
   * Replaces the file.
   *
   * @param lineSource gives all lines; nothing is added until they are written, so that none is
   *     lost between the two
   */
  synchronized void rewrite(Supplier<List<String>> lineSource) throws IOException {
    List<String> all = lineSource.get();
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    all.forEach(line -> text.append(line).append('\n'));
    CertificateStore.write(fresh, text.toString().getBytes(StandardCharsets.UTF_8));
    close();
    CertificateStore.rename(fresh, file);
    Path folder = file.getParent();
    if (folder != null) {
      CertificateStore.sync(folder);
    }
    channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    lines = all.size();
  }

  /**
   * Adds a line.
   *
   * @throws IOException if it is not on the disk
   */
  synchronized void append(String line) throws IOException {
    FileChannel to = channel;
    if (to == null) {
      throw new IOException("the log of orders is closed");
    }
    long before = to.size();
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        to.write(bytes);
      }
      to.force(false);
    } catch (IOException e) {
      to.truncate(before); // half a line would damage the next one
      throw e;
    }
    lines++;
  }

  /** Lines in the file, also those that no longer matter. */
  int lines() {
    return lines;
  }

  @Override
  public synchronized void close() throws IOException {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }
}
