// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

/**
 * What a listen address asks of the handshakes on it.
 *
 * @param http2 whether HTTP/2 is offered (RFC 7301)
 */
public record TlsProfile(boolean http2) {}
