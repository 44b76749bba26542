// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;

/** The file with the token of the admin endpoint. */
public final class AdminToken {
  private AdminToken() {}

  /**
   * The token in a file: its text without blanks and line ends around it. Blocks.
   *
   * @throws IOException if it cannot be read, or if each user of the machine can read it
   */
  public static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        throw new IOException(file + ": each user can read it (expected: chmod o-r)");
      }
      byte[] bytes = in.readNBytes(AdminSettings.MOST_TOKEN_CHARS + 2);
      return new String(bytes, StandardCharsets.ISO_8859_1).strip();
    }
  }
}
