// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.HeadParser;
import dev.rsp.http.HeadWriter;
import dev.rsp.http.HostName;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Any bytes as a request head: the verdict does not depend on where they were split, and what is
 * accepted and written anew means the same.
 */
public final class RequestFuzz {
  /** Small, so that the limits are met by inputs of a few hundred bytes. */
  private static final HeadParser PARSER = new HeadParser(1024, 16, 256);

  /** What was written may be longer by the fields that rsp adds. */
  private static final HeadParser ROOMY = new HeadParser(8192, 100, 1024);

  private static final byte[] FORWARDING =
      "Via: 1.1 rsp\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: "
          .getBytes(StandardCharsets.US_ASCII);

  private RequestFuzz() {}

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    var head = new RequestHead();
    Parsed parsed = parse(PARSER, data, data.length, head);
    String verdict = verdict(parsed, head);
    splits(data, parsed, verdict);
    if (parsed != Parsed.DONE) {
      return;
    }
    Check.that(head.length() <= data.length, () -> "longer than itself\n" + Check.shown(data));
    if (head.hostLength() > 0) {
      Check.same("canonical twice", head.host(), HostName.canonicalise(head.host()), data);
    } else {
      Check.that(head.http10(), () -> "no host\n" + Check.shown(data));
      head.assumeHost(new byte[] {'d', 'e', 'f', 'a', 'u', 'l', 't'});
    }
    Check.that(
        !head.chunked() || head.contentLength() < 0, () -> "two framings\n" + Check.shown(data));
    for (boolean trust : new boolean[] {false, true}) {
      written(data, head, trust);
    }
  }

  private static void written(byte[] data, RequestHead head, boolean trust) {
    var writer = new HeadWriter();
    writer.request(head, FORWARDING, trust);
    byte[] bytes = Arrays.copyOf(writer.bytes(), writer.length());
    var again = new RequestHead();
    Parsed parsed = parse(ROOMY, bytes, bytes.length, again);
    // A host behind which this one stands once more is a loop at some point.
    if (parsed == Parsed.REFUSED && again.refusal().status() == 508) {
      return;
    }
    Check.same("what was written is read as", "DONE", verdict(parsed, again), bytes);
    Check.same("length", bytes.length, again.length(), bytes);
    Check.same("host", head.host(), again.host(), data);
    Check.same("method", head.methodText(), again.methodText(), data);
    Check.same("path", head.path(), again.path(), data);
    Check.same("query", head.query(), again.query(), data);
    Check.same("chunked", head.chunked(), again.chunked(), data);
    Check.same("content length", head.contentLength(), again.contentLength(), data);
    Check.same("version", false, again.http10(), bytes);
    Check.same("upgrade", head.upgrade(), again.upgrade(), data);
    Check.same(
        "expectation", head.expectContinue() && head.hasBody(), again.expectContinue(), data);
    Check.same("keep-alive", true, again.keepAlive(), bytes);
    StrictReader.request(bytes, head);
  }

  private static void splits(byte[] data, Parsed whole, String verdict) {
    var head = new RequestHead();
    boolean decided = false;
    for (int end : Splits.of(data)) {
      Parsed parsed = parse(PARSER, data, end, head);
      Check.that(
          !decided || parsed != Parsed.MORE,
          () -> "undecided again at " + end + "\n" + Check.shown(data));
      if (parsed != Parsed.MORE) {
        decided = true;
        Check.same("verdict at " + end, verdict, verdict(parsed, head), data);
      }
    }
    Check.that(!decided || whole != Parsed.MORE, () -> "decided too early\n" + Check.shown(data));
  }

  private static Parsed parse(HeadParser parser, byte[] data, int end, RequestHead head) {
    ByteBuf in = Unpooled.wrappedBuffer(data, 0, end);
    Parsed parsed = parser.request(in, head);
    Check.same("reader index", 0, in.readerIndex(), data);
    return parsed;
  }

  private static String verdict(Parsed parsed, RequestHead head) {
    return parsed == Parsed.REFUSED ? head.refusal().toString() : parsed.name();
  }
}
