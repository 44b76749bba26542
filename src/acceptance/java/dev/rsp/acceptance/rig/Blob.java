// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** Bodies of any length. If two parts are swapped, lost or doubled, the checksum shows it. */
public final class Blob {
  /** Not a power of two, so that a block that is lost or doubled shifts all that follows. */
  private static final byte[] BLOCK = new byte[99_991];

  /** Neither a divisor nor a multiple of the size of a buffer of rsp or a peer. */
  private static final int CHUNK = 30_011;

  private static final Map<Long, String> sums = new ConcurrentHashMap<>();

  static {
    new Random(1).nextBytes(BLOCK);
  }

  private Blob() {}

  /** Writes the blob of a length. */
  public static void write(long length, OutputStream to) throws IOException {
    for (long at = 0; at < length; at += BLOCK.length) {
      to.write(BLOCK, 0, (int) Math.min(BLOCK.length, length - at));
    }
  }

  /** Writes the blob of a length in chunks. */
  public static void writeChunked(long length, OutputStream to) throws IOException {
    try (ChunkedOutput chunks = new ChunkedOutput(to)) {
      write(length, chunks);
    }
  }

  /** Passes on each write as a chunk of its own; the last chunk is written when it is closed. */
  public static OutputStream chunks(OutputStream to) {
    return new Chunks(to);
  }

  /** The file with the blob of a length, in a directory; made if it is missing. */
  public static Path file(Path directory, long length) throws IOException {
    Path file = directory.resolve(String.valueOf(length));
    if (!Files.exists(file)) {
      try (OutputStream out = Files.newOutputStream(file)) {
        write(length, out);
      }
    }
    return file;
  }

  /** The SHA-256 of the blob of a length, in hexadecimal. */
  public static String sum(long length) {
    return sums.computeIfAbsent(
        length,
        n -> {
          Sum sum = new Sum();
          try {
            write(n, sum);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          return sum.hex();
        });
  }

  /** The answer of a server that hashed the blob of a length, as {@link Origin} writes it. */
  public static String received(long length) {
    return sum(length) + " " + length;
  }

  /** Passes on what is written, with a pause after each 256 KiB: at most some 25 MiB per second. */
  public static OutputStream slowly(OutputStream to) {
    return new OutputStream() {
      private int written;

      @Override
      public void write(int b) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void write(byte[] bytes, int offset, int count) throws IOException {
        to.write(bytes, offset, count);
        written += count;
        if (written > 256 * 1024) {
          written = 0;
          Eventually.pause(10);
        }
      }
    };
  }

  /** Computes the SHA-256 of what is written to it, and keeps nothing. */
  public static final class Sum extends DigestOutputStream {
    private long length;

    /** The sum of nothing so far. */
    public Sum() {
      super(OutputStream.nullOutputStream(), sha256());
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      super.write(bytes, offset, count);
      length += count;
    }

    long length() {
      return length;
    }

    /** The SHA-256, in hexadecimal. Call it once: the digest starts again after it. */
    public String hex() {
      return HexFormat.of().formatHex(getMessageDigest().digest());
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Cuts what is written to it into chunks; ends them when closed, and leaves the target open. */
  private static final class ChunkedOutput extends BufferedOutputStream {
    ChunkedOutput(OutputStream to) {
      super(new Chunks(to), CHUNK);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int count) throws IOException {
      // The superclass passes a large write through in one piece.
      for (int at = 0; at < count; at += CHUNK / 2) {
        super.write(bytes, offset + at, Math.min(CHUNK / 2, count - at));
      }
    }
  }

  private static final class Chunks extends OutputStream {
    private final OutputStream to;

    Chunks(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      if (count > 0) {
        to.write((Integer.toHexString(count) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        to.write(bytes, offset, count);
        to.write("\r\n".getBytes(StandardCharsets.US_ASCII));
      }
    }

    @Override
    public void close() throws IOException {
      to.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
  }
}
