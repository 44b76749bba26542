// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An independent, strict parser of HTTP/1.1: it reads the bytes that rsp wrote in one direction of
 * one connection. Any text that two readers could interpret differently is a violation.
 *
 * <p>It is stricter than the RFCs where they leave a choice: lines end with CRLF, no folding,
 * lengths without leading zeros, one framing, no chunk extensions, no unrequested trailer fields,
 * no options of another hop. A truncated message must be detectable. For streams in pieces, see
 * {@link Watch}.
 */
public final class Referee {
  private Referee() {}

  /** Checks the bytes written to a backend that never changed the protocol. */
  public static Verdict requests(String stream, End end) {
    return requests(stream, end, false);
  }

  /**
   * Checks the bytes written to a backend.
   *
   * @param stream one character per byte
   * @param answeredBy101 whether the backend accepted a protocol change
   */
  public static Verdict requests(String stream, End end, boolean answeredBy101) {
    List<Message> messages = new ArrayList<>();
    return judge(new RequestReferee(() -> answeredBy101, messages::add), stream, end, messages);
  }

  /**
   * Checks the bytes written to a client.
   *
   * @param stream one character per byte
   * @param asked the requests that the client sent, in order
   */
  public static Verdict responses(String stream, End end, List<Asked> asked) {
    List<Message> messages = new ArrayList<>();
    var referee = new ResponseReferee(ResponseReferee.of(asked), messages::add);
    return judge(referee, stream, end, messages);
  }

  /**
   * Checks the bytes written to a client.
   *
   * @param sent the bytes that the client sent, valid or not
   */
  public static Verdict responses(String stream, End end, String sent) {
    List<Message> messages = new ArrayList<>();
    Asker asker = new Asker();
    byte[] bytes = sent.getBytes(StandardCharsets.ISO_8859_1);
    asker.accept(bytes, 0, bytes.length);
    var referee = new ResponseReferee(ResponseReferee.of(asker), messages::add);
    return judge(referee, stream, end, messages);
  }

  private static Verdict judge(
      StreamReader reader, String stream, End end, List<Message> messages) {
    byte[] bytes = stream.getBytes(StandardCharsets.ISO_8859_1);
    reader.accept(bytes, 0, bytes.length);
    reader.end(end);
    return new Verdict(messages, reader.violation());
  }
}
