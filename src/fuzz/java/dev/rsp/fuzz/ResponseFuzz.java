// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.Parsed;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.http.h1.HeadWriter.Persistence;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Any bytes as a response head: the verdict does not depend on where they were split, and what is
 * accepted and rewritten is one head that says of the body what was meant.
 */
public final class ResponseFuzz {
  private static final HeadReader<ResponseHead> READER =
      new HeadReader<>(ResponseHead::new, HeadParser::response);

  private static final byte[] DATE =
      "Sat, 21 Nov 2026 00:00:00 GMT".getBytes(StandardCharsets.US_ASCII);

  private ResponseFuzz() {}

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    var head = new ResponseHead();
    if (READER.read(data, head) != Parsed.DONE) {
      return;
    }
    if (head.status() == 101) {
      written(data, head, Persistence.UPGRADE, false, false);
      return;
    }
    if (head.interim()) {
      written(data, head, Persistence.KEEP, false, false);
      return;
    }
    for (Persistence persistence :
        List.of(Persistence.KEEP, Persistence.KEEP_SAID, Persistence.CLOSE)) {
      // As a response is handed on: without a body, of a length, or chunked.
      written(data, head, persistence, false, false);
      if (head.status() != 204 && head.status() != 205) {
        written(data, head, persistence, true, false);
        written(data, head, persistence, false, true);
      }
    }
  }

  private static void written(
      byte[] data, ResponseHead head, Persistence persistence, boolean length, boolean chunked) {
    var writer = new HeadWriter();
    writer.response(head, persistence, length, chunked, DATE);
    byte[] bytes = Arrays.copyOf(writer.bytes(), writer.length());
    var again = new ResponseHead();
    Parsed parsed = READER.readAgain(bytes, again);
    READER.checkOneHead(parsed, again, bytes);
    Check.same("status", head.status(), again.status(), data);
    Check.same("chunked", chunked, again.chunked(), bytes);
    // RFC 9110 §15.3.6: 205 says that there is no content.
    long meant = head.status() == 205 ? 0 : length ? head.contentLength() : -1;
    Check.same("content length", meant, again.contentLength(), bytes);
    Check.same("keep-alive", persistence != Persistence.CLOSE, again.keepAlive(), bytes);
    // What a switch of protocols offers is for the exchange to compare.
    if (head.status() != 101) {
      StrictReader.response(bytes);
    }
  }
}
