// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

/** How a backend can fail a request. Each is logged and counted by the backend's slot. */
public enum BackendFailure {
  /** Nothing listens there. */
  REFUSED("refused", "Connection refused"),
  /** There is no Unix socket of that path. */
  MISSING("missing", "No such file or directory"),
  /** {@code timeouts.connect}. */
  CONNECT_TIMEOUT("connect_timeout", "the connection was not accepted within timeouts.connect"),
  /** The accept queue of its Unix socket stayed full for {@code timeouts.connect}. */
  FULL("full", "the accept queue of the socket is full: Resource temporarily unavailable"),
  /** This machine has no descriptor, socket or port left. */
  EXHAUSTED("exhausted", "no socket or local port is left"),
  /** No route, no permission, and all other errors of a connect. */
  UNREACHABLE("unreachable", "the connection was not made"),
  /** Its certificate is not accepted. */
  CERTIFICATE("certificate", "its certificate is not accepted"),
  /** The TLS handshake failed for another reason. */
  TLS("tls", "the TLS handshake failed"),
  /** It does not speak HTTP/2, or does not take such a request over it. */
  HTTP2("http2", "it does not agree on HTTP/2"),
  /** {@code limits.slot_share}: the request was not sent. */
  OVER_SHARE("over_share", "its requests have their share of limits.connections"),
  /** It closed the connection before its response. */
  CLOSED("closed", "it closed the connection before the end of a response head"),
  /** It has refused the request without processing it: REFUSED_STREAM or GOAWAY. */
  STREAM_REFUSED("stream_refused", "it refused the request without processing it"),
  /** Its response, or the begin of its body, is malformed or not to this request. */
  MALFORMED("malformed", "malformed response"),
  /** {@code timeouts.response}. */
  RESPONSE_TIMEOUT("response_timeout", "no response within timeouts.response"),
  /** {@code timeouts.idle}: it took no more of the request. */
  REQUEST_STALLED("request_stalled", "it took no more of the request within timeouts.idle"),
  /** The body became malformed after the head was passed on. */
  MALFORMED_BODY("malformed_body", "malformed body of the backend's response"),
  /** It closed the connection in the middle of the body. */
  TRUNCATED("truncated", "it closed the connection in the middle of the response body"),
  /** {@code timeouts.idle}, in the middle of the body. */
  STALLED("stalled", "the response body did not continue within timeouts.idle");

  private final String label;
  private final String text;

  BackendFailure(String label, String text) {
    this.label = label;
    this.text = text;
  }

  /** The name in logs and counters: lower case, words joined by an underscore. */
  public String label() {
    return label;
  }

  /** What has happened, for the log, if the system has given no error. */
  String text() {
    return text;
  }
}
