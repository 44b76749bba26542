// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where handshakes get their certificates. Any loop; nothing here blocks. */
public interface CertificateSource {
  /**
   * Finds the certificate for a ClientHello, and calls {@code answer} with it: at once if it is in
   * memory, later on {@code loop} if it must be read first.
   *
   * @param answer the identity, retained for the receiver, who releases it; null if there is none
   *     for that name, or it cannot be read
   */
  void find(ClientHello hello, Executor loop, Consumer<@Nullable ServerIdentity> answer);

  /**
   * Whether a request for a host must come on another connection: there is a better certificate for
   * that host than the one of its connection.
   *
   * @param host canonical
   * @param used the certificate of the connection, by its {@link ServerIdentity#key}
   */
  boolean isMisdirected(String host, Object used);
}
