// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.config.ClientCa;
import dev.rsp.config.ListenOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a listen address asks of the handshakes on it.
 *
 * @param http2 whether HTTP/2 is offered (RFC 7301)
 * @param clients who signs the certificates of clients; null to ask for none
 */
public record TlsProfile(boolean http2, @Nullable ClientCa clients) {
  /** What a listen address with TLS asks. */
  public static TlsProfile of(ListenOptions options) {
    return new TlsProfile(options.http2(), options.clientCa());
  }
}
