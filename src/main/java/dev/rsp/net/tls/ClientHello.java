// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the choice of a certificate needs of a ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). The
 * TLS engine checks all of the message later.
 *
 * @param serverName in lower case, as the client asks for it (RFC 6066 §3); null if it names none
 *     or nothing that can be a name
 * @param takesEcdsa whether the client takes a certificate with an ECDSA key on P-256
 * @param asksForProof whether an authority asks whether the name is served here: its only protocol
 *     is {@code acme-tls/1} (RFC 8737 §3)
 */
public record ClientHello(@Nullable String serverName, boolean takesEcdsa, boolean asksForProof) {
  /** Names none, and takes only RSA. */
  static final ClientHello UNKNOWN = new ClientHello(null, false, false);

  /** The longest name in DNS, in characters (RFC 1035 §2.3.4). */
  private static final int MAX_NAME = 253;

  private static final int VERSION_AND_RANDOM_BYTES = 34;

  /** server_name: RFC 6066 §3. */
  private static final int SERVER_NAME = 0;

  /** signature_algorithms: RFC 8446 §4.2.3. */
  private static final int SIGNATURE_ALGORITHMS = 13;

  /** application_layer_protocol_negotiation: RFC 7301 §3.1. */
  private static final int PROTOCOLS = 16;

  /** ecdsa_secp256r1_sha256: RFC 8446 §4.2.3. */
  private static final int ECDSA_P256_SHA256 = 0x0403;

  /**
   * Reads the body of a ClientHello, without its type and length.
   *
   * @param bytes its reader index is not changed
   * @return {@link #UNKNOWN} if it is malformed: the TLS engine refuses it
   */
  public static ClientHello read(ByteBuf bytes) {
    try {
      return new Reader(bytes.slice()).read();
    } catch (IndexOutOfBoundsException e) {
      return UNKNOWN;
    }
  }

  /** Reads one message; throws {@link IndexOutOfBoundsException} at a wrong length. */
  private static final class Reader {
    private final ByteBuf in;
    private @Nullable String name;
    private boolean signsEcdsa;
    private boolean asksForProof;

    Reader(ByteBuf in) {
      this.in = in;
    }

    ClientHello read() {
      in.skipBytes(VERSION_AND_RANDOM_BYTES);
      in.skipBytes(in.readUnsignedByte()); // session id
      boolean suites = takesEcdsa(in.readSlice(in.readUnsignedShort()));
      in.skipBytes(in.readUnsignedByte()); // compression methods
      if (in.isReadable()) {
        ByteBuf extensions = in.readSlice(in.readUnsignedShort());
        while (extensions.isReadable()) {
          int type = extensions.readUnsignedShort();
          extension(type, extensions.readSlice(extensions.readUnsignedShort()));
        }
      }
      return new ClientHello(name, suites && signsEcdsa, asksForProof);
    }

    private void extension(int type, ByteBuf body) {
      if (type == SERVER_NAME) {
        ByteBuf names = body.readSlice(body.readUnsignedShort());
        int nameType = names.readUnsignedByte();
        ByteBuf value = names.readSlice(names.readUnsignedShort());
        name = nameType == 0 ? nameOf(value) : null;
      } else if (type == SIGNATURE_ALGORITHMS) {
        ByteBuf schemes = body.readSlice(body.readUnsignedShort());
        while (schemes.isReadable()) {
          signsEcdsa |= schemes.readUnsignedShort() == ECDSA_P256_SHA256;
        }
      } else if (type == PROTOCOLS) {
        ByteBuf protocols = body.readSlice(body.readUnsignedShort());
        ByteBuf first = protocols.readSlice(protocols.readUnsignedByte());
        asksForProof =
            !protocols.isReadable()
                && ServerIdentity.PROOF.contentEquals(first.toString(StandardCharsets.US_ASCII));
      }
    }
  }

  /** Whether suites are among them for a certificate with an ECDSA key. */
  private static boolean takesEcdsa(ByteBuf suites) {
    boolean takes = false;
    while (suites.isReadable()) {
      int suite = suites.readUnsignedShort();
      takes |=
          switch (suite) {
            // All of TLS 1.3 (RFC 8446 §B.4), and those of TLS 1.2 that rsp has: TlsPolicy.
            case 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xCCA9 -> true;
            default -> false;
          };
    }
    return takes;
  }

  /** A name in lower case, without a dot at its end; null for anything else. */
  private static @Nullable String nameOf(ByteBuf value) {
    String text = value.toString(StandardCharsets.US_ASCII);
    if (text.endsWith(".")) {
      text = text.substring(0, text.length() - 1);
    }
    if (text.isEmpty() || text.length() > MAX_NAME) {
      return null;
    }
    var lower = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean upper = c >= 'A' && c <= 'Z';
      boolean other = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || "-._".indexOf(c) >= 0;
      if (!upper && !other) {
        return null;
      }
      lower.append(upper ? (char) (c + ('a' - 'A')) : c);
    }
    return lower.toString();
  }
}
