// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.NoRouteToHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Formats the reason of an I/O error for an operator, without Java class names and repeated paths.
 */
public final class IoReason {
  private IoReason() {}

  /** The reason alone, in the C library's words if Java has none; never empty. */
  public static String of(IOException e) {
    if (e instanceof NoSuchFileException
        || (e instanceof FileNotFoundException && e.getMessage() == null)) {
      return "No such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "File exists";
    }
    // Netty's native transports throw this one and FileNotFoundException without a message; this
    // one
    // for ENETUNREACH as well.
    if (e instanceof NoRouteToHostException && e.getMessage() == null) {
      return "No route to host, or network unreachable";
    }
    String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    return reason == null || reason.isEmpty() ? e.getClass().getSimpleName() : reason;
  }
}
