// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails after a number of bytes, so that a device without an end is not read on. */
final class BoundedInput extends FilterInputStream {
  private final long most;
  private long left;

  BoundedInput(InputStream in, long most) {
    super(in);
    this.most = most;
    this.left = most;
  }

  @Override
  public int read() throws IOException {
    int octet = super.read();
    counted(octet < 0 ? 0 : 1);
    return octet;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    return counted(super.read(to, offset, length));
  }

  private int counted(int bytes) throws IOException {
    left -= Math.max(0, bytes);
    if (left < 0) {
      throw new IOException("larger than " + most + " bytes");
    }
    return bytes;
  }
}
