// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An independent and narrow-minded reader of HTTP/1.1: it takes what rsp wrote in one direction of
 * one connection, and either every reader in the world takes the same messages from it, or it is a
 * violation.
 *
 * <p>It is stricter than the RFCs where they leave a choice: lines end with CRLF, nothing is
 * folded, lengths are written as numbers are, there is one framing, no chunk extensions, no trailer
 * fields that were not asked for, no option of another hop. Where a message ends short, that must
 * be visible. For streams as they come, see {@link Watch}.
 */
public final class Referee {
  private Referee() {}

  /** Judges what was written to a backend that never changed the protocol. */
  public static Verdict requests(String stream, End end) {
    return requests(stream, end, false);
  }

  /**
   * Judges what was written to a backend.
   *
   * @param stream one character per byte
   * @param answeredBy101 whether the backend changed the protocol when it was asked to
   */
  public static Verdict requests(String stream, End end, boolean answeredBy101) {
    List<Message> messages = new ArrayList<>();
    return judge(new RequestReferee(() -> answeredBy101, messages::add), stream, end, messages);
  }

  /**
   * Judges what was written to a client.
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
   * Judges what was written to a client.
   *
   * @param sent what the client sent, requests or not
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
