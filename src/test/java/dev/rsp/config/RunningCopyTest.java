// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The copy of the configuration in force, beside the journal. */
@Timeout(60)
final class RunningCopyTest {
  /** A name of its own, because the working directory is that of all tests. */
  private static final String NAME = "running-copy-test-" + ProcessHandle.current().pid();

  @Test
  void aFileThatWasNamedWithoutAFolderHasItsCopyBesideIt() throws Exception {
    Path file = Path.of(NAME + ".lua");
    Path copy = Path.of(NAME + ".journal.running");
    String text =
        "listen = '127.0.0.1:0' backends = { '127.0.0.1:9' } journal = '" + NAME + ".journal'";
    try {
      Config config = ConfigLoader.load(Files.writeString(file, text));
      RunningCopy.save(config);
      assertEquals(text, Files.readString(copy));
      RunningCopy.remove(config);
      assertFalse(Files.exists(copy));
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(copy);
    }
  }
}
