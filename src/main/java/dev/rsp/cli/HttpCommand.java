// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A shell command that prints the page of a host, by a program that this machine has. */
enum HttpCommand {
  CURL("curl -H 'Host: %s' http://127.0.0.1:%d/"),
  WGET("wget -qO- --header='Host: %s' http://127.0.0.1:%d/"),

  /** For a machine that has neither. It prints the head of the response, too. */
  BASH(
      "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%2$d;"
          + " printf \"GET / HTTP/1.1\\r\\nHost: %1$s\\r\\nConnection: close\\r\\n\\r\\n\" >&3; cat <&3'");

  private final String format;

  HttpCommand(String format) {
    this.format = format;
  }

  /** The first whose program is in one of the directories of a PATH variable, which may be null. */
  static HttpCommand of(@Nullable String path) {
    return has(path, "curl") ? CURL : has(path, "wget") ? WGET : BASH;
  }

  private static boolean has(@Nullable String path, String program) {
    if (path != null) {
      for (String directory : path.split(File.pathSeparator, -1)) {
        try {
          if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
            return true;
          }
        } catch (InvalidPathException e) {
          // Not a directory that a shell could use either.
        }
      }
    }
    return false;
  }

  /** The command for a host, which has no quote in it, at a port of 127.0.0.1. */
  String text(String host, int port) {
    return format.formatted(host, port);
  }
}
