// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;

/** Checks the bytes that rsp wrote to a backend. */
final class RequestReferee extends StreamReader {
  private static final List<String> NOT_IN_TRAILERS =
      List.of("content-length", "transfer-encoding", "host", "te", "authorization", "cookie");

  private final BooleanSupplier answeredBy101;
  private String method = "";
  private String target = "";
  private boolean upgrade;
  private boolean trailersAnnounced;

  /**
   * Creates a referee for one connection.
   *
   * @param answeredBy101 whether the backend's responses so far changed the protocol
   * @param messages receives each message
   */
  RequestReferee(BooleanSupplier answeredBy101, Consumer<Message> messages) {
    super(messages);
    this.answeredBy101 = answeredBy101;
  }

  @Override
  boolean switched() {
    return upgrade && answeredBy101.getAsBoolean();
  }

  @Override
  void startLine(String text) {
    Matcher parts = Grammar.REQUEST_LINE.matcher(text);
    if (!parts.matches()) {
      throw new Foul("RFC 9112 §3", "no request line: \"" + text + "\"");
    }
    if (!parts.group(3).equals("1")) {
      throw new Foul("RFC 9112 §2.3", "another version than HTTP/1.1: \"" + text + "\"");
    }
    method = parts.group(1);
    target = parts.group(2);
    boolean asterisk = target.equals("*") && method.equals("OPTIONS");
    if (!target.startsWith("/") && !asterisk) {
      throw new Foul("RFC 9112 §3.2.1", "no origin-form: \"" + target + "\"");
    }
  }

  @Override
  Framing head(Head head) {
    String host = head.single("Host", "RFC 9112 §3.2");
    if (!Grammar.HOST.matcher(host).matches()) {
      throw new Foul("RFC 9112 §3.2", "Host: \"" + host + "\"");
    }
    List<String> via = head.list("Via");
    if (via.isEmpty() || !Grammar.VIA.matcher(via.get(via.size() - 1)).matches()) {
      throw new Foul("RFC 9110 §7.6.3", "no Via of the last hop: " + via);
    }
    head.noneOf("Keep-Alive", "Proxy-Connection", "HTTP2-Settings");
    List<String> options = head.connection("upgrade", "te");
    upgrade = options.contains("upgrade");
    if (upgrade != head.has("Upgrade")) {
      throw new Foul("RFC 9110 §7.8", "Upgrade and Connection: upgrade are not together");
    }
    trailersAnnounced = head.has("Trailer");
    if (options.contains("te") != head.has("TE")
        || !List.of("", "trailers").contains(head.single("TE", "RFC 9110 §10.1.4"))) {
      throw new Foul("RFC 9110 §10.1.4", "TE: " + head.values("TE"));
    }
    Framing framing = head.framing(Framing.NONE);
    String expect = head.single("Expect", "RFC 9110 §10.1.1").toLowerCase(Locale.ROOT);
    if (!expect.isEmpty() && (!expect.equals("100-continue") || framing.equals(Framing.NONE))) {
      throw new Foul("RFC 9110 §10.1.1", "Expect: " + expect);
    }
    return framing;
  }

  @Override
  void trailers(Head trailers) {
    for (Field field : trailers.fields()) {
      String name = field.name().toLowerCase(Locale.ROOT);
      if (!trailersAnnounced || NOT_IN_TRAILERS.contains(name)) {
        throw new Foul("RFC 9110 §6.5.1", "a trailer field: " + field);
      }
    }
  }

  @Override
  boolean mayFollow() {
    return true;
  }

  @Override
  void partialStartLine(String text, End end) {
    // A head is written at once; an extra byte after a body could look like the start of another.
    if (end == End.FIN || !text.matches("[!-~]*( ([!-~&&[^#]]+( [HTP/1.]*)?)?)?")) {
      throw new Foul("RFC 9112 §3", "the start of no request line: \"" + text + "\"");
    }
  }
}
