// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.IpAddress;
import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Version 2 of the PROXY protocol: a block of bytes (section 2.2 of its specification). */
final class BinaryHeader {
  static final byte FIRST = '\r';

  private static final byte[] SIGNATURE = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
  };

  // Offsets of the fields behind the signature.
  private static final int VERSION_AND_COMMAND = 12;
  private static final int FAMILY_AND_TRANSPORT = 13;
  private static final int LENGTH = 14;
  private static final int BLOCK = 16;

  private static final int VERSION = 2;
  private static final int LOCAL = 0;
  private static final int PROXY = 1;

  private static final int UNSPECIFIED = 0;
  private static final int IPV4 = 1;
  private static final int IPV6 = 2;
  private static final int UNIX = 3;
  private static final int STREAM = 1;
  private static final int DATAGRAM = 2;

  private static final int UNIX_PATHS_BYTES = 2 * 108;
  private static final int PORTS_BYTES = 2 * 2;

  /** The bound of nginx. Senders stay below 536 bytes, unless they add long TLVs. */
  private static final int MAX_BYTES = 4096;

  private static final int TLV_HEAD_BYTES = 3;
  private static final int CRC32C = 3;
  private static final int CRC32C_BYTES = 4;

  private static final ProxyHeader MALFORMED_TLV =
      ProxyHeader.refused("PROXY v2: the TLVs are malformed");

  private BinaryHeader() {}

  static ProxyHeader read(ByteBuf bytes) {
    if (!ProxyHeader.begin(bytes, SIGNATURE)) {
      return ProxyHeader.refused("no PROXY header");
    }
    int start = bytes.readerIndex();
    int known = bytes.readableBytes();
    if (known > VERSION_AND_COMMAND) {
      int version = bytes.getByte(start + VERSION_AND_COMMAND) >> 4 & 0xf;
      if (version != VERSION) {
        return ProxyHeader.refused("PROXY v2: another version");
      }
    }
    if (known < BLOCK) {
      return ProxyHeader.MORE;
    }
    int length = BLOCK + bytes.getUnsignedShort(start + LENGTH);
    if (length > MAX_BYTES) {
      return ProxyHeader.refused("PROXY v2: longer than " + MAX_BYTES + " bytes");
    }
    int command = bytes.getByte(start + VERSION_AND_COMMAND) & 0xf;
    int family = bytes.getByte(start + FAMILY_AND_TRANSPORT) >> 4 & 0xf;
    int transport = bytes.getByte(start + FAMILY_AND_TRANSPORT) & 0xf;
    if (command != LOCAL && command != PROXY) {
      return ProxyHeader.refused("PROXY v2: an unknown command");
    }
    // The block of LOCAL is discarded, whatever family it names: senders leave dummies there.
    if (command == PROXY && (family > UNIX || transport > DATAGRAM)) {
      return ProxyHeader.refused("PROXY v2: an unknown family or transport");
    }
    int addresses = addressBytes(family);
    boolean used = command == PROXY && family != UNSPECIFIED && transport != UNSPECIFIED;
    if (used && length < BLOCK + addresses) {
      return ProxyHeader.refused("PROXY v2: too short for its addresses");
    }
    if (known < length) {
      return ProxyHeader.MORE;
    }
    if (!used) {
      return ProxyHeader.local(length);
    }
    ByteBuf header = bytes.slice(start, length);
    ProxyHeader fault = checkTlvs(header, BLOCK + addresses);
    if (fault != null) {
      return fault;
    }
    if (family == UNIX) {
      UnixDomainSocketAddress unnamed = UnixDomainSocketAddress.of("");
      return ProxyHeader.of(length, unnamed, unnamed);
    }
    // Addresses of datagrams are not those of this connection's bytes.
    return transport == STREAM ? addresses(header, addresses) : ProxyHeader.local(length);
  }

  private static int addressBytes(int family) {
    return switch (family) {
      case IPV4 -> 2 * 4 + PORTS_BYTES;
      case IPV6 -> 2 * 16 + PORTS_BYTES;
      case UNIX -> UNIX_PATHS_BYTES;
      default -> 0;
    };
  }

  private static ProxyHeader addresses(ByteBuf header, int addressBytes) {
    int each = (addressBytes - PORTS_BYTES) / 2;
    int ports = BLOCK + 2 * each;
    return ProxyHeader.of(
        header.readableBytes(),
        address(header, BLOCK, each, ports),
        address(header, BLOCK + each, each, ports + 2));
  }

  private static InetSocketAddress address(ByteBuf header, int at, int length, int portAt) {
    byte[] address = new byte[length];
    header.getBytes(at, address);
    try {
      // An IPv4-mapped IPv6 address becomes an IPv4 address.
      return new InetSocketAddress(
          InetAddress.getByAddress(address), header.getUnsignedShort(portAt));
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // only for another number of bytes
    }
  }

  /** Checks the TLVs, of which only the checksum is used. Returns null if they are valid. */
  private static @Nullable ProxyHeader checkTlvs(ByteBuf header, int from) {
    int end = header.readableBytes();
    int at = from;
    int checksumAt = 0;
    while (at < end) {
      if (end - at < TLV_HEAD_BYTES) {
        return MALFORMED_TLV;
      }
      int length = header.getUnsignedShort(at + 1);
      int value = at + TLV_HEAD_BYTES;
      if (end - value < length) {
        return MALFORMED_TLV;
      }
      if (header.getByte(at) == CRC32C) {
        if (length != CRC32C_BYTES || checksumAt != 0) {
          return MALFORMED_TLV;
        }
        checksumAt = value;
      }
      at = value + length;
    }
    return checksumAt == 0 || header.getUnsignedInt(checksumAt) == checksum(header, checksumAt)
        ? null
        : ProxyHeader.refused("PROXY v2: the CRC32C is wrong");
  }

  /** Of the header with zeros in place of the checksum (section 2.2.3). */
  private static long checksum(ByteBuf header, int at) {
    byte[] all = new byte[header.readableBytes()];
    header.getBytes(0, all);
    for (int i = 0; i < CRC32C_BYTES; i++) {
      all[at + i] = 0;
    }
    CRC32C crc = new CRC32C();
    crc.update(all);
    return crc.getValue();
  }

  /** The header about a connection; {@code LOCAL} if the client has no address. */
  static byte[] write(@Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
    if (source == null || destination == null) {
      return head(LOCAL, UNSPECIFIED, 0).array();
    }
    IpAddress from = IpAddress.of(source.getAddress());
    IpAddress to = IpAddress.of(destination.getAddress());
    // One family for both: the IPv4 address of a pair that differs is written as IPv6.
    boolean ipv4 = from.isIpv4() && to.isIpv4();
    int family = ipv4 ? IPV4 : IPV6;
    return head(PROXY, family << 4 | STREAM, addressBytes(family))
        .put(from.bytes(ipv4))
        .put(to.bytes(ipv4))
        .putShort((short) source.getPort())
        .putShort((short) destination.getPort())
        .array();
  }

  private static ByteBuffer head(int command, int familyAndTransport, int blockBytes) {
    return ByteBuffer.allocate(BLOCK + blockBytes)
        .put(SIGNATURE)
        .put((byte) (VERSION << 4 | command))
        .put((byte) familyAndTransport)
        .putShort((short) blockBytes);
  }
}
