// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

/**
 * Why an exchange ended. Each has exactly one of these; it begins with the first byte of its head,
 * or with the accept of a connection that is refused. A connection that closes between requests
 * ends no exchange.
 */
public enum Ending {
  /** The complete response was sent. */
  SERVED("served"),
  /** The connection became a tunnel, which has ended. */
  TUNNELLED("tunnelled"),

  /** The request was for rsp itself: its Max-Forwards was 0 (RFC 9110 §7.6.2). */
  OWN_ANSWER("own_answer"),

  /** The request breaks a rule of HTTP, or needs what rsp does not support. */
  REFUSED("refused"),
  /** The routing refused it: a script, a script's failure, or no place. */
  REFUSED_BY_ROUTE("refused_by_route"),

  /** {@code limits.head_bytes} or {@code limits.fields}: 431. */
  LIMIT_HEAD("limit_head"),
  /** {@code limits.target_bytes}: 414. */
  LIMIT_TARGET("limit_target"),
  /** {@code limits.host_bytes}: 400. */
  LIMIT_HOST("limit_host"),
  /** {@code limits.body_bytes}: 413. */
  LIMIT_BODY("limit_body"),
  /** {@code limits.chunk_ext_bytes}: 400. */
  LIMIT_CHUNK_EXT("limit_chunk_ext"),
  /** {@code limits.trailer_bytes}: 431. */
  LIMIT_TRAILER("limit_trailer"),
  /** {@code limits.body_rate}: 408. */
  LIMIT_BODY_RATE("limit_body_rate"),
  /** {@code limits.response_rate}: cut. */
  LIMIT_RESPONSE_RATE("limit_response_rate"),
  /** {@code limits.connections}: 503. */
  LIMIT_CONNECTIONS("limit_connections"),
  /** {@code limits.slot_share}: 503. */
  LIMIT_SLOT("limit_slot"),
  /** {@code limits.client_connections}: 503. */
  LIMIT_CLIENT_CONNECTIONS("limit_client_connections"),

  /** {@code proxy_protocol} does not name the peer: the connection is closed. */
  PROXY_PEER("proxy_peer"),
  /** The PROXY header was missing, malformed, too long or late: the connection is closed. */
  PROXY_HEADER("proxy_header"),

  /** {@code limits.memory} was used up, and this connection held much of it: 503, or reset. */
  LIMIT_MEMORY("limit_memory"),

  /** {@code limits.held_body_bytes} or {@code limits.held_total_bytes}: 411, 413 or 503. */
  LIMIT_HELD_BODY("limit_held_body"),
  /** {@code initialise.waiting}, {@code .waiting_total} or {@code .starting}: 503. */
  LIMIT_WAITING("limit_waiting"),

  /** The site of the host was asleep, and did not start, or not in time: 503. */
  START_FAILED("start_failed"),
  /** The service that starts sites does not know this host: 404. */
  SITE_UNKNOWN("site_unknown"),

  /** {@code timeouts.head}: 408. */
  HEAD_TIMEOUT("head_timeout"),
  /** {@code timeouts.body}: 408. */
  BODY_TIMEOUT("body_timeout"),
  /** {@code timeouts.response}, or the backend did not take the request: 504. */
  RESPONSE_TIMEOUT("response_timeout"),
  /** {@code timeouts.connect}: 504. */
  CONNECT_TIMEOUT("connect_timeout"),

  /** No place of the route accepted the connection: 502. */
  CONNECT_FAILED("connect_failed"),
  /** This machine had no socket or port left for a connection: 503. */
  CONNECT_EXHAUSTED("connect_exhausted"),
  /** The certificate of the backend is not accepted: 502. */
  BACKEND_CERTIFICATE("backend_certificate"),
  /** The TLS handshake with the backend failed for another reason: 502. */
  BACKEND_TLS("backend_tls"),
  /** The backend does not agree on HTTP/2: 502; or takes no such request over it: 502 or 501. */
  BACKEND_HTTP2("backend_http2"),
  /** The backend closed its connection before a response: 502. */
  BACKEND_GONE("backend_gone"),
  /** The response is malformed, or not to this request: 502. */
  BACKEND_MALFORMED("backend_malformed"),
  /** The body is malformed, after the head was passed on: cut. */
  BACKEND_MALFORMED_BODY("backend_malformed_body"),
  /** The backend closed its connection in the middle of the response: cut. */
  BACKEND_TRUNCATED("backend_truncated"),
  /** {@code timeouts.idle}, and the rest of the response did not come: cut. */
  BACKEND_STALLED("backend_stalled"),

  /** The client closed in the middle of a head. */
  CLIENT_GONE_IN_HEAD("client_gone_in_head"),
  /** The client closed before the request was complete. */
  CLIENT_GONE_IN_BODY("client_gone_in_body"),
  /** The client closed after its request and before the response. */
  CLIENT_GONE_WAITING("client_gone_waiting"),
  /** The client closed in the middle of the response. */
  CLIENT_GONE_READING("client_gone_reading"),
  /** {@code timeouts.idle}, and the client took nothing of the response: cut. */
  CLIENT_STALLED("client_stalled"),

  /** The request was malformed, too large, slow or silent after its response had begun: cut. */
  REQUEST_BROKEN("request_broken"),

  /**
   * {@code timeouts.drain} expired before the response or the tunnel ended; or rsp stopped while
   * the request waited for its site to start: 503.
   */
  DRAINED("drained"),
  /** An error in rsp; see the log. */
  FAILED("failed");

  private final String label;

  Ending(String label) {
    this.label = label;
  }

  /** The name in logs and counters: lower case, words joined by an underscore. */
  public String label() {
    return label;
  }
}
