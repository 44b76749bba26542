// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.TrustedProxies;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of a listen address speak, and what is special about requests on them. A
 * reload changes it for new connections.
 *
 * @param tls whether each connection begins with a TLS handshake
 * @param proxyProtocol the peers whose connections begin with a PROXY header, before all else,
 *     while those of others are refused; null if no connection begins so
 * @param redirectPort the port of https to which all requests are redirected; 0 to serve them
 * @param hsts the value of Strict-Transport-Security in responses (RFC 6797); null for none
 * @param checksHost whether HTTP/1 requests are refused whose host has another certificate than the
 *     connection
 * @param clientCa who signs the certificates that clients must or may have; null to ask for none
 * @param http2 whether clients may speak HTTP/2: by ALPN with TLS, else with prior knowledge
 */
public record ListenOptions(
    boolean tls,
    @Nullable TrustedProxies proxyProtocol,
    int redirectPort,
    @Nullable String hsts,
    boolean checksHost,
    @Nullable ClientCa clientCa,
    boolean http2) {
  /** HTTP/1 in clear. */
  public static final ListenOptions PLAIN = new ListenOptions(false, null, 0, null, true);

  /** With TLS, and nothing special. */
  public static final ListenOptions TLS = new ListenOptions(true, null, 0, null, true);

  /** With HTTP/1 alone. */
  public ListenOptions(
      boolean tls,
      @Nullable TrustedProxies proxyProtocol,
      int redirectPort,
      @Nullable String hsts,
      boolean checksHost) {
    this(tls, proxyProtocol, redirectPort, hsts, checksHost, null, false);
  }

  /** The same with HTTP/2. */
  public ListenOptions withHttp2() {
    return new ListenOptions(tls, proxyProtocol, redirectPort, hsts, checksHost, clientCa, true);
  }

  /** The same with PROXY headers from these peers; null for none. */
  public ListenOptions introducedBy(@Nullable TrustedProxies senders) {
    return new ListenOptions(tls, senders, redirectPort, hsts, checksHost, clientCa, http2);
  }

  /** The same for clients with certificates. */
  public ListenOptions forClientsOf(ClientCa authority) {
    return new ListenOptions(tls, proxyProtocol, redirectPort, hsts, checksHost, authority, http2);
  }

  /** Whether its connections are HTTP/1 in clear from their first byte. */
  public boolean beginsWithHttp1() {
    return !tls && proxyProtocol == null && !http2;
  }
}
