// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;

/** Reads a header of either version of the PROXY protocol. */
public final class ProxyHeaderReader {
  private ProxyHeaderReader() {}

  /**
   * Reads the header at the start of the readable bytes. A byte that no header can have is refused
   * as soon as it is there. Any thread.
   *
   * @param bytes unchanged, and not released
   */
  public static ProxyHeader read(ByteBuf bytes) {
    if (!bytes.isReadable()) {
      return ProxyHeader.MORE;
    }
    return switch (bytes.getByte(bytes.readerIndex())) {
      case TextHeader.FIRST -> TextHeader.read(bytes);
      case BinaryHeader.FIRST -> BinaryHeader.read(bytes);
      default -> ProxyHeader.refused("no PROXY header");
    };
  }
}
