// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import dev.rsp.http.RequestHead.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rules for request heads beyond their grammar: host, framing, connection options, loops.
 *
 * <p>Any number of threads; each has its own heads.
 */
public final class RequestRules {
  private static final Refusal TARGET = new Refusal(400, "malformed request target");
  private static final Refusal CONNECT = new Refusal(501, "CONNECT is not for this server");
  private static final Refusal TRACE = new Refusal(405, "TRACE is not for this server");
  private static final Refusal NO_HOST = new Refusal(400, "no Host field");
  private static final Refusal HOSTS = new Refusal(400, "more than one Host field");
  private static final Refusal HOST = new Refusal(400, "invalid host");
  private static final Refusal HOST_MISMATCH =
      new Refusal(400, "the target and the Host field name different hosts");
  private static final Refusal LENGTH_AND_CODING =
      new Refusal(400, "both Content-Length and Transfer-Encoding");
  private static final Refusal CODINGS = new Refusal(400, "more than one Transfer-Encoding field");
  private static final Refusal CODING_IN_10 = new Refusal(400, "Transfer-Encoding in HTTP/1.0");
  private static final Refusal CONNECTION = new Refusal(400, "malformed Connection field");
  private static final Refusal EXPECTATION = new Refusal(417, "unknown expectation");
  private static final Refusal FORWARDS = new Refusal(400, "invalid Max-Forwards");
  private static final Refusal LOOP = new Refusal(508, "the request came through here before");

  private static final byte[] HTTP_SCHEME = ascii("http://");
  private static final byte[] HTTPS_SCHEME = ascii("https://");
  private static final byte[] CONTINUE = ascii("100-continue");

  /**
   * How often one request may pass this proxy. A site may have the proxy twice in its path, before
   * and after a cache; tiers may share one name. A loop exceeds any number.
   */
  private static final int MAX_OWN_VIA = 5;

  /** RFC 9110 §7.6.2 allows a recipient to limit the value; no chain of proxies is as long. */
  private static final int MAX_FORWARDS = 1001;

  private final boolean equalLengths;

  /** The name of this proxy in Via fields, in lower case. */
  private final byte[] viaKey;

  private final UntrustedFields untrusted;

  /**
   * The rules of an installation.
   *
   * @param untrusted the fields that only a trusted proxy may send
   */
  public RequestRules(WireOptions options, UntrustedFields untrusted) {
    this.untrusted = untrusted;
    equalLengths = options.equalLengths();
    viaKey = options.viaKey();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Checks a head whose lines are well formed, and records in it what the fields mean.
   *
   * @return {@link Parsed#DONE}, or {@link Parsed#REFUSED} if the request must not be forwarded
   */
  public Parsed check(RequestHead head) {
    if (head.method == Method.CONNECT) {
      return head.refuse(CONNECT);
    }
    if (head.method == Method.TRACE) {
      return head.refuse(TRACE);
    }
    int host = -1;
    int upgrades = 0;
    int via = 0;
    for (int field = 0; field < head.fieldCount; field++) {
      switch (head.name(field)) {
        case FieldName.HOST -> {
          if (host >= 0) {
            return head.refuse(HOSTS); // RFC 9112 §3.2
          }
          host = field;
        }
        case FieldName.CONTENT_LENGTH -> {
          Refusal refusal = ContentLength.read(head, field, equalLengths);
          if (refusal != null) {
            return head.refuse(refusal);
          }
        }
        case FieldName.TRANSFER_ENCODING -> {
          Refusal refusal = transferEncoding(head, field);
          if (refusal != null) {
            return head.refuse(refusal);
          }
        }
        case FieldName.CONNECTION -> {
          if (!ConnectionOptions.read(head, field, untrusted)) {
            return head.refuse(CONNECTION);
          }
        }
        case FieldName.EXPECT -> {
          // RFC 9110 §10.1.1: ignored in an HTTP/1.0 request. Two fields are a list of two.
          if (!head.http10) {
            if (head.expectContinue || !valueIs(head, field, CONTINUE)) {
              return head.refuse(EXPECTATION);
            }
            head.expectContinue = true;
          }
        }
        case FieldName.X_FORWARDED_PROTO, FieldName.X_FORWARDED_HOST ->
            SingleValue.keepOfForwarding(head, field);
        // An application that takes the first element of the list must not get an empty one.
        case FieldName.X_FORWARDED_FOR, FieldName.FORWARDED -> SingleValue.dropEmpty(head, field);
        case FieldName.UPGRADE -> upgrades++;
        case FieldName.VIA -> via += Via.count(head, field, viaKey);
        case FieldName.MAX_FORWARDS -> {
          if (!maxForwards(head, field)) {
            return head.refuse(FORWARDS);
          }
        }
        case FieldName.OTHER -> {
          head.connectionAuth |= ConnectionAuth.isUsed(head, field);
          untrusted.mark(head, field);
        }
        default -> {}
      }
    }
    if (head.chunked && head.contentLengthField >= 0) {
      return head.refuse(LENGTH_AND_CODING); // RFC 9112 §6.3 rule 3, the strict choice
    }
    if (via >= MAX_OWN_VIA) {
      return head.refuse(LOOP);
    }
    // RFC 9110 §7.8: the new protocol begins behind the body, if there is one. Not together with
    // Expect: a client that waits for 100 would wait forever if the backend sent only its 101.
    boolean waits = head.hasBody() && head.expectContinue;
    if (upgrades == 1 && head.connectionUpgrade && !head.http10 && !waits) {
      head.offer = Upgrades.allowed(head);
    }
    Refusal refusal = host(head, host);
    return refusal == null ? Parsed.DONE : head.refuse(refusal);
  }

  private static boolean valueIs(RequestHead head, int field, byte[] lowerCase) {
    return Octets.equalsIgnoreCase(
        head.bytes, head.valueStart(field), head.valueEnd(field), lowerCase);
  }

  /** RFC 9112 §6.1 and §6.3: only "chunked", once, and only from an HTTP/1.1 client. */
  private static @Nullable Refusal transferEncoding(RequestHead head, int field) {
    if (head.chunked) {
      return CODINGS;
    }
    if (head.http10) {
      return CODING_IN_10;
    }
    if (TransferCoding.isChunked(head, field)) {
      head.chunked = true;
      return null;
    }
    return TransferCoding.refusal(head, field);
  }

  /**
   * RFC 9110 §7.6.2: has a meaning for OPTIONS only, since TRACE is refused before.
   *
   * @return false if it is not a number, or is repeated
   */
  private static boolean maxForwards(RequestHead head, int field) {
    if (head.method != Method.OPTIONS) {
      return true;
    }
    int start = head.valueStart(field);
    int end = head.valueEnd(field);
    if (head.maxForwards >= 0 || start == end) {
      return false;
    }
    int value = 0;
    for (int at = start; at < end; at++) {
      int digit = head.bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      value = Math.min(value * 10 + digit, MAX_FORWARDS);
    }
    head.maxForwards = value;
    return true;
  }

  /** RFC 9112 §3.2 and §3.3: finds the host of the request, which must be exactly one. */
  private static @Nullable Refusal host(RequestHead head, int hostField) {
    if (hostField >= 0) {
      head.hostStart = head.valueStart(hostField);
      head.hostEnd = head.valueEnd(hostField);
      head.hostLength = HostName.canonicalise(head.bytes, head.hostStart, head.hostEnd, head.host);
      if (head.hostLength < 0) {
        return HOST;
      }
    } else if (!head.http10) {
      return NO_HOST;
    }
    byte[] bytes = head.bytes;
    int start = head.targetStart;
    head.pathStart = start;
    if (bytes[start] == '/') {
      return null;
    }
    if (bytes[start] == '*' && head.targetEnd == start + 1) {
      return head.method == Method.OPTIONS ? null : TARGET;
    }
    int authority = authorityStart(head);
    if (authority < 0) {
      return TARGET;
    }
    int end = authority;
    while (end < head.targetEnd && bytes[end] != '/' && bytes[end] != '?') {
      end++;
    }
    byte[] named = hostField >= 0 ? head.host.clone() : null;
    int namedLength = head.hostLength;
    head.hostLength = HostName.canonicalise(bytes, authority, end, head.host);
    if (head.hostLength < 0) {
      return HOST;
    }
    if (named != null && !Arrays.equals(named, 0, namedLength, head.host, 0, head.hostLength)) {
      return HOST_MISMATCH;
    }
    head.hostStart = authority;
    head.hostEnd = end;
    head.pathStart = end;
    head.absoluteForm = true;
    return null;
  }

  private static int authorityStart(RequestHead head) {
    int start = head.targetStart;
    if (hasPrefix(head, HTTP_SCHEME)) {
      return start + HTTP_SCHEME.length;
    }
    return hasPrefix(head, HTTPS_SCHEME) ? start + HTTPS_SCHEME.length : -1;
  }

  private static boolean hasPrefix(RequestHead head, byte[] scheme) {
    int end = head.targetStart + scheme.length;
    return end <= head.targetEnd
        && Octets.equalsIgnoreCase(head.bytes, head.targetStart, end, scheme);
  }
}
