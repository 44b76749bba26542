// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.NoRouteToHostException;
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
    assertEquals("Broken pipe", IoReason.of(new IOException("Broken pipe")));
    Map.of(
            new AccessDeniedException("/a"),
            "Permission denied",
            new FileAlreadyExistsException("/a"),
            "File exists",
            new FileSystemException("/a", null, "No space left on device"),
            "No space left on device",
            new FileNotFoundException(),
            "No such file or directory",
            new FileNotFoundException("/a (Is a directory)"),
            "/a (Is a directory)",
            new NoRouteToHostException(),
            "No route to host, or network unreachable",
            new NoRouteToHostException("No route to host"),
            "No route to host",
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
