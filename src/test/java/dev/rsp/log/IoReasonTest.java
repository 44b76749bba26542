// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages contain the reason, without class names and without repeating the path. */
final class IoReasonTest {
  @TempDir private Path directory;

  @Test
  void saysTheReasonOfTheSystem() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    assertEquals("Not a directory", reasonOfWriting(file.resolve("below")));
    assertEquals("No such file or directory", reasonOfWriting(directory.resolve("none/below")));
    assertEquals("Is a directory", reasonOfWriting(directory));
  }

  @Test
  void saysWhatJavaKeepsInTheNameOfAClass() {
    Map.of(
            new AccessDeniedException("/a"),
            "Permission denied",
            new FileAlreadyExistsException("/a"),
            "File exists",
            new FileSystemException("/a", null, "No space left on device"),
            "No space left on device",
            new IOException("Broken pipe"),
            "Broken pipe",
            new IOException(),
            "IOException",
            new FileSystemException("/a"),
            "FileSystemException")
        .forEach((thrown, reason) -> assertEquals(reason, IoReason.of(thrown)));
  }

  private static String reasonOfWriting(Path file) {
    return IoReason.of(assertThrows(IOException.class, () -> Files.writeString(file, "x")));
  }
}
