// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

/** Messages that peers exchange in tests. They have a Date, so that none is added. */
final class Messages {
  static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  /** What the fields of a request end with at the backend. */
  static final String FORWARDING =
      lines(
          "Via: 1.1 rsp",
          "X-Forwarded-For: 127.0.0.1",
          "X-Forwarded-Proto: http",
          "X-Forwarded-Host: a");

  static final String CHUNKED_HEAD =
      "HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n";

  private Messages() {}

  /** A body of so many bytes, of which it shows if some are missing or out of their place. */
  static byte[] body(int length) {
    byte[] body = new byte[length];
    for (int i = 0; i < length; i++) {
      body[i] = (byte) ((i * 31) >> 8);
    }
    return body;
  }

  /** A head, or its end, of these lines. */
  static String lines(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  static String get(String host, String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  static String post(String fields) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
  }

  static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }
}
