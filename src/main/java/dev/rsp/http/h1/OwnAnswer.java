// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.Reasons;
import dev.rsp.http.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Writes the responses that rsp makes itself, in place of the response of a backend.
 *
 * <p>For {@link HeadWriter}, on its event loop.
 */
final class OwnAnswer {
  /** Reloads as often as Retry-After says. */
  private static final String PAGE_FIELDS =
      "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nRefresh: 2\r\n";

  private OwnAnswer() {}

  /** Writes a complete response; see {@link HeadWriter#refusal}. */
  static void write(
      HeadBytes out,
      Refusal refusal,
      boolean close,
      boolean withBody,
      boolean sayKeepAlive,
      byte[] date,
      @Nullable String requestId) {
    String id = requestId == null ? "" : requestId;
    byte[] body = body(refusal, id);
    out.start(512 + body.length);
    out.put(HeadBytes.STATUS_LINE);
    out.put(HeadBytes.ascii(refusal.status() + " " + Reasons.of(refusal.status()) + "\r\n"));
    out.put(HeadBytes.ascii(refusal.page() ? PAGE_FIELDS : "Content-Type: text/plain\r\n"));
    out.contentLength(body.length);
    out.date(date);
    if (refusal.status() == 503) {
      // RFC 9110 §15.6.4: when to try again; overload and restarts end within seconds.
      out.put(HeadBytes.ascii("Retry-After: 2\r\n"));
    }
    if (refusal.status() == 405 || (refusal.status() == 200 && !refusal.exact())) {
      // RFC 9110 §15.5.6: required. rsp does not know which methods the backends allow.
      out.put(HeadBytes.ascii("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"));
    }
    if (refusal.location() != null) {
      out.put(HeadBytes.ascii("Location: " + refusal.location() + "\r\n"));
    }
    if (close) {
      out.put(HeadBytes.CLOSE);
    } else if (sayKeepAlive) {
      out.put(HeadBytes.KEEP_ALIVE);
    }
    out.crlf();
    if (withBody) {
      out.put(body);
    }
  }

  private static byte[] body(Refusal refusal, String id) {
    if (refusal.exact()) {
      return HeadBytes.ascii(refusal.why());
    }
    return refusal.page()
        ? page(refusal, id)
        : HeadBytes.ascii(
            refusal.status()
                + " "
                + refusal.why()
                + (id.isEmpty() ? "\n" : "\nrequest id: " + id + "\n"));
  }

  /** A page that loads nothing else, and reloads itself. */
  private static byte[] page(Refusal refusal, String id) {
    return HeadBytes.ascii(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="robots" content="noindex">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="refresh" content="2">
        <title>One moment</title>
        </head>
        <body>
        <p>One moment: %s. This page asks again by itself.</p>
        %s</body>
        </html>
        """
            .formatted(refusal.why(), id.isEmpty() ? "" : "<p>Request id: " + id + "</p>\n"));
  }
}
