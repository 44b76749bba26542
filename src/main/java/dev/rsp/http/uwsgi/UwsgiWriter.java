// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import dev.rsp.http.ClientTls;
import dev.rsp.http.FieldName;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request head in the uwsgi protocol: a packet of variables, like those of CGI (RFC 3875).
 * The body follows the packet without framing.
 *
 * <p>The response to it is HTTP. One per event loop; what it wrote is in {@link #bytes()} until the
 * next call.
 */
public final class UwsgiWriter {
  private static final Refusal TOO_LARGE =
      new Refusal(431, "the request head is too large for the uwsgi protocol");

  private final UwsgiPacket packet = new UwsgiPacket();

  /** The bytes last written, from 0 to {@link #length()}. Valid until the next call. */
  public byte[] bytes() {
    return packet.bytes();
  }

  /** How many bytes were last written. */
  public int length() {
    return packet.length();
  }

  /**
   * Writes the packet for a request.
   *
   * @param contentLength bytes of the body that follows; the protocol has no chunks
   * @param hop what this hop adds to the request
   * @param viaName the name of this proxy in Via; null for no Via of its own
   * @return null if the packet is written; else why the request cannot be sent in this protocol
   */
  public @Nullable Refusal request(
      RequestHead head, long contentLength, Hop hop, @Nullable String viaName) {
    packet.start();
    Refusal refusal = PathInfo.refusal(head);
    if (refusal != null) {
      return refusal;
    }
    packet.variable("REQUEST_METHOD", head.methodText());
    String path = head.path();
    String query = head.query();
    packet.variable("REQUEST_URI", head.pathAndQuery());
    PathInfo.add(path.getBytes(StandardCharsets.ISO_8859_1), packet);
    packet.variable("QUERY_STRING", query);
    // RFC 3875 §4.1.2: only if there is a body.
    boolean hasBody = contentLength > 0 || head.chunked();
    packet.variable("CONTENT_LENGTH", hasBody ? Long.toString(contentLength) : "");
    packet.variable("CONTENT_TYPE", or(head.field("content-type"), ""));
    packet.variable("SERVER_PROTOCOL", "HTTP/" + hop.version(head));
    String scheme = scheme(head, hop);
    packet.variable("REQUEST_SCHEME", scheme);
    if (scheme.equals("https")) {
      packet.variable("HTTPS", "on");
    }
    packet.variable("SERVER_NAME", head.host());
    packet.variable("SERVER_PORT", Integer.toString(hop.serverPort()));
    packet.variable("REMOTE_ADDR", hop.client());
    packet.variable("REMOTE_PORT", Integer.toString(hop.clientPort()));
    String host = head.namesHost() ? head.text(head.hostStart(), head.hostEnd()) : head.host();
    packet.variable("HTTP_HOST", host);
    String via = viaName == null ? "" : hop.via(head, viaName);
    list("HTTP_VIA", head, FieldName.VIA, via);
    boolean trusted = hop.trusted();
    list(
        "HTTP_X_FORWARDED_FOR", head, trusted ? FieldName.X_FORWARDED_FOR : -1, hop.forwardedFor());
    String proto = hop.addsProto(head) ? scheme : claim(head, FieldName.X_FORWARDED_PROTO);
    packet.variable("HTTP_X_FORWARDED_PROTO", proto);
    String forwardedHost =
        hop.addsHost(head) ? hop.forwardedHost(host) : claim(head, FieldName.X_FORWARDED_HOST);
    packet.variable("HTTP_X_FORWARDED_HOST", forwardedHost);
    String idVariable = hop.addsIdVariable();
    if (idVariable != null) {
      packet.variable(idVariable, or(hop.requestId(), ""));
    }
    String traceParent = hop.traceParent();
    if (traceParent != null) {
      packet.variable("HTTP_TRACEPARENT", traceParent);
    }
    certificate(hop.tls());
    if (trusted) {
      list("HTTP_FORWARDED", head, FieldName.FORWARDED, "");
    }
    UwsgiFields.add(head, packet, trusted);
    return packet.finish() ? null : TOO_LARGE;
  }

  private void certificate(@Nullable ClientTls tls) {
    String verified = tls == null ? null : tls.verified();
    if (tls == null || verified == null) {
      return;
    }
    packet.variable("HTTP_X_SSL_CLIENT_VERIFY", verified);
    String subject = or(tls.subject(), "");
    if (!subject.isEmpty()) {
      packet.variable("HTTP_X_SSL_CLIENT_S_DN", subject);
    }
  }

  /** What a trusted proxy says in a field that the head has exactly once. */
  private static String claim(RequestHead head, int name) {
    int field = 0;
    while (head.name(field) != name) {
      field++;
    }
    return head.text(head.valueStart(field), head.valueEnd(field));
  }

  /** The scheme of the client's connection: its own, or that to the trusted proxy before rsp. */
  private static String scheme(RequestHead head, Hop hop) {
    if (hop.addsProto(head)) {
      return hop.scheme();
    }
    String proto = claim(head, FieldName.X_FORWARDED_PROTO).toLowerCase(Locale.ROOT);
    return proto.equals("https") || proto.equals("wss") ? "https" : "http";
  }

  private static String or(@Nullable String text, String otherwise) {
    return text == null ? otherwise : text;
  }

  /** A list of the values of the fields of that name, and of the value that this hop adds. */
  private void list(String variable, RequestHead head, int name, String ours) {
    if (ours.isEmpty() && !head.has(name)) {
      return;
    }
    packet.startVariable(variable);
    for (int field = 0; field < head.fieldCount(); field++) {
      if (head.name(field) == name) {
        packet.separate(", ");
        packet.put(head.bytes(), head.valueStart(field), head.valueEnd(field));
      }
    }
    if (!ours.isEmpty()) {
      packet.separate(", ");
      packet.put(ours);
    }
    packet.endVariable();
  }
}
