// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/** How rsp speaks with a backend. What a backend answers is HTTP in each of them. */
public enum Protocol {
  /** HTTP/1.1. */
  HTTP,
  /** The uwsgi protocol: a packet of variables, then the body; one request per connection. */
  UWSGI;

  /** What stands before an address whose protocol is not HTTP. */
  static final String UWSGI_PREFIX = "uwsgi:";

  /** What a configuration file calls it. */
  String label() {
    return this == HTTP ? "http" : "uwsgi";
  }

  /** The protocol that the text of a place names. */
  static Protocol ofText(String text) {
    // "uwsgi:3031" is port 3031 of a host of that name; an address has a colon of its own.
    return text.startsWith(UWSGI_PREFIX) && text.indexOf(':', UWSGI_PREFIX.length()) >= 0
        ? UWSGI
        : HTTP;
  }

  /** The address alone in the text of a place. */
  static String addressIn(String text) {
    return ofText(text) == UWSGI ? text.substring(UWSGI_PREFIX.length()) : text;
  }

  /** The text of a place that is spoken with in this protocol, at an address without prefix. */
  String at(String address) {
    return this == UWSGI ? UWSGI_PREFIX + address : address;
  }
}
