// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.util.concurrent.EventExecutor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where handshakes get their certificates. Any loop; nothing here blocks. */
public interface CertificateSource {
  /**
   * Finds the certificate for a ClientHello, and calls {@code answer} with it: at once if it is in
   * memory, later on {@code loop} if it must be read or ordered first.
   *
   * @param answer the identity, retained for the receiver, who releases it; null if there is none
   *     for that name, or it cannot be read
   * @return how many milliseconds an authority may take until the answer; 0 if none is asked
   */
  int find(ClientHello hello, EventExecutor loop, Consumer<@Nullable ServerIdentity> answer);

  /** Whether certificates are ordered from an authority, which then asks for proofs. */
  default boolean ordersCertificates() {
    return false;
  }

  /**
   * The answer to an authority's challenge: http-01, RFC 8555 §8.3.
   *
   * @param host canonical
   * @return null if no order for that host has this token
   */
  default @Nullable String keyAuthorization(String host, String token) {
    return null;
  }

  /**
   * Whether a request for a host must come on another connection: there is a better certificate for
   * that host than the one of its connection.
   *
   * @param host canonical
   * @param used the certificate of the connection, by its {@link ServerIdentity#key}
   */
  boolean isMisdirected(String host, Object used);
}
