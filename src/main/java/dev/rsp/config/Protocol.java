// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/** The protocol of requests to a backend. The response is HTTP in all. */
public enum Protocol {
  /** HTTP/1.1. */
  HTTP("http", ""),
  /** HTTP/1.1 over TLS. */
  HTTPS("https", "https://"),
  /** HTTP/2 in the clear, with prior knowledge (RFC 9113 §3.3). */
  H2C("h2c", "h2c://"),
  /** HTTP/2 over TLS, by ALPN (RFC 9113 §3.2). */
  H2("h2", "h2://"),
  /** The uwsgi protocol: a packet of variables, then the body; one request per connection. */
  UWSGI("uwsgi", "uwsgi:");

  private final String label;

  /** In front of an address with this protocol. */
  private final String prefix;

  Protocol(String label, String prefix) {
    this.label = label;
    this.prefix = prefix;
  }

  /** The name in a configuration file. */
  public String label() {
    return label;
  }

  /** Whether it is spoken over TLS. */
  boolean secure() {
    return this == HTTPS || this == H2;
  }

  /** In front of an address with this protocol; empty for HTTP. */
  String prefix() {
    return prefix;
  }

  /** The protocol of a place, from its text. */
  static Protocol ofText(String text) {
    for (Protocol one : new Protocol[] {HTTPS, H2C, H2}) {
      if (text.startsWith(one.prefix)) {
        return one;
      }
    }
    // "uwsgi:3031" is port 3031 of a host named uwsgi: an address contains another colon.
    return text.startsWith(UWSGI.prefix) && text.indexOf(':', UWSGI.prefix.length()) >= 0
        ? UWSGI
        : HTTP;
  }

  /** The text of a place without the protocol's prefix. */
  static String addressIn(String text) {
    return text.substring(ofText(text).prefix.length());
  }

  /** The text of a place with this protocol, for an address without prefix. */
  String at(String address) {
    return prefix + address;
  }
}
