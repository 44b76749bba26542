// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/** The protocol of requests to a backend. The response is HTTP in all. */
public enum Protocol {
  /** HTTP/1.1. */
  HTTP("http", ""),
  /** HTTP/1.1 over TLS. */
  HTTPS("https", "https://"),
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

  /** In front of an address with this protocol; empty for HTTP. */
  String prefix() {
    return prefix;
  }

  /** The protocol of a place, from its text. */
  static Protocol ofText(String text) {
    if (text.startsWith(HTTPS.prefix)) {
      return HTTPS;
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
