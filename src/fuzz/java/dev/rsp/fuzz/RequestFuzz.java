// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.HostName;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Any bytes as a request head: the verdict does not depend on where they were split, and what is
 * accepted and rewritten means the same.
 */
public final class RequestFuzz {
  private static final HeadReader<RequestHead> READER =
      new HeadReader<>(RequestHead::new, HeadParser::request);

  private static final byte[] FORWARDING =
      "Via: 1.1 rsp\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: "
          .getBytes(StandardCharsets.US_ASCII);

  private RequestFuzz() {}

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    var head = new RequestHead();
    if (READER.read(data, head) != Parsed.DONE) {
      return;
    }
    Check.that(head.length() <= data.length, () -> "longer than itself\n" + Check.shown(data));
    if (head.hostLength() > 0) {
      Check.same("canonical twice", head.host(), HostName.canonicalise(head.host()), data);
    } else {
      Check.that(head.http10(), () -> "no host\n" + Check.shown(data));
      head.assumeHost(new byte[] {'d', 'e', 'f', 'a', 'u', 'l', 't'});
    }
    for (boolean trust : new boolean[] {false, true}) {
      written(data, head, trust);
    }
  }

  private static void written(byte[] data, RequestHead head, boolean trust) {
    var writer = new HeadWriter();
    writer.request(head, FORWARDING, trust);
    byte[] bytes = Arrays.copyOf(writer.bytes(), writer.length());
    var again = new RequestHead();
    Parsed parsed = READER.readAgain(bytes, again);
    // A host behind which this one stands once more is a loop at some point.
    if (parsed == Parsed.REFUSED && again.refusal().status() == 508) {
      return;
    }
    READER.checkOneHead(parsed, again, bytes);
    Check.same("host", head.host(), again.host(), data);
    Check.same("method", head.methodText(), again.methodText(), data);
    Check.same("path", head.path(), again.path(), data);
    Check.same("query", head.query(), again.query(), data);
    Check.same("chunked", head.chunked(), again.chunked(), data);
    Check.same("content length", head.contentLength(), again.contentLength(), data);
    Check.same("upgrade", head.upgrade(), again.upgrade(), data);
    Check.same(
        "expectation", head.expectContinue() && head.hasBody(), again.expectContinue(), data);
    Check.same("keep-alive", true, again.keepAlive(), bytes);
    StrictReader.request(bytes, head);
  }
}
