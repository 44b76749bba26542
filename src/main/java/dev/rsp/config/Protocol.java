// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/** The protocol of requests to a backend. The response is HTTP in both. */
public enum Protocol {
  /** HTTP/1.1. */
  HTTP,
  /** The uwsgi protocol: a packet of variables, then the body; one request per connection. */
  UWSGI;

  /** The prefix of an address whose protocol is not HTTP. */
  static final String UWSGI_PREFIX = "uwsgi:";

  /** The name in a configuration file. */
  public String label() {
    return this == HTTP ? "http" : "uwsgi";
  }

  /** The protocol of a place, from its text. */
  static Protocol ofText(String text) {
    // "uwsgi:3031" is port 3031 of a host named uwsgi: an address contains another colon.
    return text.startsWith(UWSGI_PREFIX) && text.indexOf(':', UWSGI_PREFIX.length()) >= 0
        ? UWSGI
        : HTTP;
  }

  /** The text of a place without the protocol's prefix. */
  static String addressIn(String text) {
    return ofText(text) == UWSGI ? text.substring(UWSGI_PREFIX.length()) : text;
  }

  /** The text of a place with this protocol, for an address without prefix. */
  String at(String address) {
    return this == UWSGI ? UWSGI_PREFIX + address : address;
  }
}
