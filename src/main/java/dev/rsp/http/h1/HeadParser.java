// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.Head;
import dev.rsp.http.Octets;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.RequestRules;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.ResponseRules;
import dev.rsp.http.UntrustedFields;
import dev.rsp.http.WireOptions;
import io.netty.buffer.ByteBuf;

/**
 * Parses request and response heads strictly: what the grammar of RFC 9112 does not allow is
 * refused, not repaired, so that no other parser can interpret the same bytes in another way.
 *
 * <p>An incomplete head is parsed again from its start when more bytes have arrived; therefore the
 * result does not depend on where the bytes were split. The caller parses again only when a line is
 * complete, which limits the work to the number of lines.
 */
public final class HeadParser {
  /** Enough for most heads, so that a large body after the head is not copied too. */
  private static final int FIRST_WINDOW_BYTES = 4096;

  /**
   * Longer than any registered method (the longest, UPDATEREDIRECTREF, has 17). RFC 9112 §3: longer
   * than any known is 501.
   */
  private static final int MAX_METHOD = 24;

  /** Before a status line, as many as before a request line. */
  private static final int MAX_EMPTY_LINES = 2;

  private static final byte[] HTTP_NAME = {'H', 'T', 'T', 'P', '/'};

  private static final Refusal RAW_TARGET =
      new Refusal(400, "the request target is not ASCII").liftedBy(WireOptions.RAW_TARGETS);
  private static final Refusal BAD_REQUEST_LINE = new Refusal(400, "malformed request line");
  private static final Refusal EMPTY_LINES = new Refusal(400, "empty lines before the request");
  private static final Refusal BAD_VERSION = new Refusal(400, "malformed HTTP version");
  private static final Refusal VERSION = new Refusal(505, "this server speaks HTTP/1.1");
  private static final Refusal METHOD = new Refusal(501, "unknown method");
  private static final Refusal TARGET_TOO_LONG = new Refusal(414, "request target too long");
  private static final Refusal HEAD_TOO_LARGE = new Refusal(431, "request head too large");
  private static final Refusal BAD_STATUS_LINE = new Refusal(502, "malformed status line");
  private static final Refusal RESPONSE_TOO_LARGE = new Refusal(502, "response head too large");

  private final int maxHeadBytes;
  private final int maxFields;
  private final int maxTargetBytes;
  private final WireOptions options;
  private final boolean responseLf;
  private final boolean equalLengths;
  private final boolean rawTargets;
  private final RequestRules requestRules;
  private final ResponseRules responseRules;

  /** A parser with limits; see the configuration's {@code limits}. Any number of threads. */
  public HeadParser(int maxHeadBytes, int maxFields, int maxTargetBytes) {
    this(maxHeadBytes, maxFields, maxTargetBytes, WireOptions.DEFAULTS);
  }

  /** A parser with limits and the options of an installation. Any number of threads. */
  public HeadParser(int maxHeadBytes, int maxFields, int maxTargetBytes, WireOptions options) {
    this(maxHeadBytes, maxFields, maxTargetBytes, options, UntrustedFields.DEFAULTS);
  }

  /**
   * A parser with limits and the options of an installation. Any number of threads.
   *
   * @param untrusted the fields of requests that only a trusted proxy may send
   */
  public HeadParser(
      int maxHeadBytes,
      int maxFields,
      int maxTargetBytes,
      WireOptions options,
      UntrustedFields untrusted) {
    this.maxHeadBytes = maxHeadBytes;
    this.maxFields = maxFields;
    this.maxTargetBytes = maxTargetBytes;
    this.options = options;
    this.responseLf = options.responseLf();
    this.equalLengths = options.equalLengths();
    this.rawTargets = options.rawTargets();
    this.requestRules = new RequestRules(options, untrusted);
    this.responseRules = new ResponseRules(options);
  }

  /** Parses a request head at the reader index of {@code in}, which does not move. */
  public Parsed request(ByteBuf in, RequestHead head) {
    return parse(in, head, true);
  }

  /** Parses a response head at the reader index of {@code in}, which does not move. */
  public Parsed response(ByteBuf in, ResponseHead head) {
    return parse(in, head, false);
  }

  /**
   * Why a response head is refused, after {@link Parsed#REFUSED}, with the option of {@code
   * lenient} that would accept it. It parses the head again with each option, so it is for logs.
   *
   * @param in as it was parsed; the reader index does not move
   * @param head is filled again
   */
  public Refusal refusal(ByteBuf in, ResponseHead head) {
    Refusal refusal = head.refusal();
    String key = null;
    if (!responseLf && accepts(in, head, options.withResponseLf())) {
      key = WireOptions.RESPONSE_LF;
    } else if (!equalLengths && accepts(in, head, options.withEqualLengths())) {
      key = WireOptions.EQUAL_LENGTHS;
    }
    return refusal.liftedBy(key);
  }

  /** Whether LF alone may end lines of responses. */
  public boolean responseLf() {
    return responseLf;
  }

  private boolean accepts(ByteBuf in, ResponseHead head, WireOptions other) {
    return new HeadParser(maxHeadBytes, maxFields, maxTargetBytes, other).response(in, head)
        != Parsed.REFUSED;
  }

  private Parsed parse(ByteBuf in, Head head, boolean request) {
    int available = Math.min(in.readableBytes(), maxHeadBytes);
    int window = Math.min(available, FIRST_WINDOW_BYTES);
    while (true) {
      in.getBytes(in.readerIndex(), head.start(window), 0, window);
      Parsed parsed =
          request ? request((RequestHead) head, window) : response((ResponseHead) head, window);
      if (parsed != Parsed.MORE) {
        return parsed;
      }
      if (window == maxHeadBytes) {
        return head.refuse(
            !request
                ? RESPONSE_TOO_LARGE
                : head.startLineEnd() == 0 ? TARGET_TOO_LONG : HEAD_TOO_LARGE);
      }
      if (window == available) {
        return Parsed.MORE;
      }
      window = Math.min(available, window * 4);
    }
  }

  private Parsed request(RequestHead head, int end) {
    byte[] bytes = head.bytes();
    int at = 0;
    // RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line. Some
    // old clients send two; we know of no client that sends more.
    while (at < end && bytes[at] == '\r') {
      if (at == 4) {
        return head.refuse(EMPTY_LINES);
      }
      if (at + 1 == end) {
        return Parsed.MORE;
      }
      if (bytes[at + 1] != '\n') {
        return head.refuse(BAD_REQUEST_LINE);
      }
      at += 2;
    }
    int methodStart = at;
    while (at < end && Octets.is(Octets.TOKEN, bytes[at])) {
      at++;
    }
    if (at - methodStart > MAX_METHOD) {
      return head.refuse(METHOD);
    }
    if (at == end) {
      return Parsed.MORE;
    }
    if (bytes[at] != ' ' || at == methodStart) {
      return head.refuse(BAD_REQUEST_LINE);
    }
    head.recordMethod(methodStart, at++);
    int targetStart = at;
    int raw = 0;
    at = skipTarget(bytes, at, end);
    while (rawTargets && at < end && bytes[at] < 0) {
      raw++;
      at = skipTarget(bytes, at + 1, end);
    }
    if (at - targetStart + raw * (RequestHead.ENCODED_BYTES - 1) > maxTargetBytes) {
      return head.refuse(TARGET_TOO_LONG);
    }
    if (at == end) {
      return Parsed.MORE;
    }
    if (bytes[at] < 0) {
      return head.refuse(RAW_TARGET);
    }
    head.recordRawOctets(raw);
    if (bytes[at] != ' ' || at == targetStart) {
      return head.refuse(BAD_REQUEST_LINE);
    }
    return version(head, targetStart, at, end);
  }

  /** Where the octets end that a target may always have. */
  private static int skipTarget(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && Octets.is(Octets.TARGET, bytes[at])) {
      at++;
    }
    return at;
  }

  private Parsed version(RequestHead head, int targetStart, int targetEnd, int end) {
    byte[] bytes = head.bytes();
    int start = targetEnd + 1;
    // RFC 9112 §2.3: HTTP-name is case-sensitive, and each version number is one digit.
    for (int i = 0; i < 10; i++) {
      if (start + i == end) {
        return Parsed.MORE;
      }
      if (!versionOctet(i, bytes[start + i])) {
        return head.refuse(BAD_VERSION);
      }
    }
    if (bytes[start + 5] != '1') {
      return head.refuse(VERSION);
    }
    head.startLine(targetStart, targetEnd, start + 10, bytes[start + 7] == '0');
    Parsed parsed = FieldLines.parse(head, end, maxFields, true, false);
    return parsed == Parsed.DONE ? requestRules.check(head) : parsed;
  }

  private static boolean versionOctet(int i, byte octet) {
    return switch (i) {
      case 5, 7 -> octet >= '0' && octet <= '9';
      case 6 -> octet == '.';
      case 8 -> octet == '\r';
      case 9 -> octet == '\n';
      default -> octet == HTTP_NAME[i];
    };
  }

  private Parsed response(ResponseHead head, int end) {
    byte[] bytes = head.bytes();
    int start = 0;
    // Empty lines, as before a request: some servers send one after an interim response or a body.
    for (int lines = 0; start < end && FieldLines.endsLine(bytes[start], responseLf); lines++) {
      int next = FieldLines.lineEnd(bytes, start, end);
      if (next == 0) {
        return Parsed.MORE;
      }
      if (next < 0 || lines == MAX_EMPTY_LINES) {
        return head.refuse(BAD_STATUS_LINE);
      }
      start = next;
    }
    // "HTTP/1.1 200 OK": the version and the code have fixed places.
    for (int i = 0; i < 12; i++) {
      if (start + i == end) {
        return Parsed.MORE;
      }
      byte octet = bytes[start + i];
      boolean valid =
          switch (i) {
            case 5 -> octet == '1';
            case 6 -> octet == '.';
            case 7, 10, 11 -> octet >= '0' && octet <= '9';
            case 8 -> octet == ' ';
            case 9 -> octet >= '1' && octet <= '9';
            default -> octet == HTTP_NAME[i];
          };
      if (!valid) {
        return head.refuse(BAD_STATUS_LINE);
      }
    }
    int status =
        (bytes[start + 9] - '0') * 100 + (bytes[start + 10] - '0') * 10 + (bytes[start + 11] - '0');
    int at = start + 12;
    if (at == end) {
      return Parsed.MORE;
    }
    // RFC 9112 §4: the space is there even if the reason is empty. Some servers omit it; rsp adds
    // it when it rewrites the line.
    if (bytes[at] == ' ') {
      at++;
    } else if (!FieldLines.endsLine(bytes[at], responseLf)) {
      return head.refuse(BAD_STATUS_LINE);
    }
    int reasonStart = at;
    at = FieldLines.blankControls(bytes, at, end);
    int reasonEnd = at;
    if (at == end) {
      return Parsed.MORE;
    }
    int next = FieldLines.endsLine(bytes[at], responseLf) ? FieldLines.lineEnd(bytes, at, end) : -1;
    if (next <= 0) {
      return next == 0 ? Parsed.MORE : head.refuse(BAD_STATUS_LINE);
    }
    head.startLine(status, reasonStart, reasonEnd, next, bytes[start + 7] == '0');
    Parsed parsed = FieldLines.parse(head, end, maxFields, false, responseLf);
    return parsed == Parsed.DONE ? responseRules.check(head) : parsed;
  }
}
