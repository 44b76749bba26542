// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(10)
final class HttpCommandTest {
  @TempDir Path empty;
  @TempDir Path wget;
  @TempDir Path both;

  @Test
  void takesTheFirstProgramThatTheMachineHas() throws IOException {
    program(wget, "wget");
    program(both, "wget");
    program(both, "curl");
    assertEquals(HttpCommand.BASH, HttpCommand.of(null));
    assertEquals(HttpCommand.BASH, HttpCommand.of(""));
    assertEquals(HttpCommand.BASH, HttpCommand.of(empty + ":"));
    assertEquals(HttpCommand.WGET, HttpCommand.of(empty + ":" + wget));
    assertEquals(HttpCommand.CURL, HttpCommand.of(wget + "::" + both));
  }

  @Test
  void doesNotTakeAFileThatIsNoProgram() throws IOException {
    Files.createFile(empty.resolve("curl"));
    assertEquals(HttpCommand.BASH, HttpCommand.of(empty.toString()));
  }

  private static void program(Path directory, String name) throws IOException {
    assertTrue(Files.createFile(directory.resolve(name)).toFile().setExecutable(true));
  }
}
