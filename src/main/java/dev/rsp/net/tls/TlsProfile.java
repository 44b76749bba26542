// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.config.ClientCa;
import org.jspecify.annotations.Nullable;

/**
 * What a listen address asks of the handshakes on it.
 *
 * @param http2 whether HTTP/2 is offered (RFC 7301)
 * @param clients who signs the certificates of clients; null to ask for none
 */
public record TlsProfile(boolean http2, @Nullable ClientCa clients) {}
