// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;

/** Writes lines to standard output, between those of the daemon's own log. */
final class StdoutSink implements Sink {
  // Not System.out, which hides errors.
  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

  @Override
  public int write(LineBuffer lines) throws IOException {
    lines.writeTo(out);
    return 0;
  }

  /** Leaves standard output open: it is the process's. */
  @Override
  public void close() {}
}
