// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file that lines are added to. */
@Timeout(20)
final class FileSinkTest {
  @TempDir private Path directory;

  private static LineBuffer line(String text) {
    var buffer = new LineBuffer();
    buffer.put(text);
    buffer.endLine();
    return buffer;
  }

  @Test
  void linesAreAddedToThoseThatAreThere() throws IOException {
    Path file = Files.writeString(directory.resolve("log"), "old\n");
    try (FileSink sink = new FileSink(file)) {
      sink.write(line("one"));
      sink.write(line("two"));
    }
    assertEquals("old\none\ntwo\n", Files.readString(file));
  }

  @Test
  void aNewFileIsReadableForItsOwnerAndGroupOnly() throws IOException {
    Path file = directory.resolve("log");
    new FileSink(file).close();
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void aRenamedFileIsLeftAtTheNextReopen() throws IOException {
    Path file = directory.resolve("log");
    Path moved = directory.resolve("log.1");
    try (FileSink sink = new FileSink(file)) {
      sink.write(line("one"));
      Files.move(file, moved);
      sink.write(line("two")); // no second has passed
      sink.reopen();
      sink.write(line("three"));
    }
    assertEquals("one\ntwo\n", Files.readString(moved));
    assertEquals("three\n", Files.readString(file));
  }

  @Test
  void aRemovedFileIsMadeAgainWithinASecondWithoutASignal() throws Exception {
    Path file = directory.resolve("log");
    try (FileSink sink = new FileSink(file)) {
      sink.write(line("one"));
      Files.delete(file);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (!Files.exists(file) && System.nanoTime() - deadline < 0) {
        sink.write(line("more"));
        Thread.sleep(20);
      }
    }
    assertEquals("more\n", Files.readString(file));
  }

  @Test
  void aFullDiskIsAnErrorAndTheNextWriteTriesAgain() throws IOException {
    Path full = Path.of("/dev/full");
    try (FileSink sink = new FileSink(full)) {
      assertThrows(IOException.class, () -> sink.write(line("one")));
      assertThrows(IOException.class, () -> sink.write(line("two")));
    }
  }

  @Test
  void aFolderThatIsGoneIsAnErrorUntilItIsThereAgain() throws IOException {
    Path folder = Files.createDirectory(directory.resolve("f"));
    Path file = folder.resolve("log");
    try (FileSink sink = new FileSink(file)) {
      Files.delete(file);
      Files.delete(folder);
      assertThrows(IOException.class, sink::reopen);
      Files.createDirectory(folder);
      sink.reopen();
      sink.write(line("one"));
    }
    assertEquals("one\n", Files.readString(file));
  }
}
