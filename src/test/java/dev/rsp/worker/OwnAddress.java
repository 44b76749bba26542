// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Addresses of this machine that nobody else uses: of 127.0.0.0/8, all of which is Linux's loopback
 * (RFC 1122 §3.2.1.3).
 *
 * <p>On 127.0.0.1 a port that a test has closed may be given to somebody else a moment later, in
 * this process or another, and who still asks for the one would reach the other. Here a port that
 * is closed stays closed, and every connection that comes was meant for who listens.
 */
final class OwnAddress {
  private static final int FIRST = 127 << 24;

  /** 127.0.x.x is left to those who write such addresses down. */
  private static final int LEAST = 1 << 16;

  private static final int COUNT = (255 << 16) - LEAST;

  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  private OwnAddress() {}

  /** One that was not given before. */
  static InetAddress next() {
    int bits = FIRST + LEAST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
    try {
      return InetAddress.getByAddress(
          new byte[] {(byte) (bits >> 24), (byte) (bits >> 16), (byte) (bits >> 8), (byte) bits});
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // four bytes are an address
    }
  }
}
