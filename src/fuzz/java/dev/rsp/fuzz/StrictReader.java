// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.HostName;
import dev.rsp.http.RequestHead;
import dev.rsp.referee.Asked;
import dev.rsp.referee.End;
import dev.rsp.referee.Field;
import dev.rsp.referee.Message;
import dev.rsp.referee.Referee;
import dev.rsp.referee.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads what rsp wrote as an independent strict reader does, and compares. */
final class StrictReader {
  private static final String AFTER = "GET /after HTTP/1.1\r\nHost: a\r\nVia: 1.1 rsp\r\n\r\n";

  private StrictReader() {}

  /** One request, which another can follow where its framing says that it ends. */
  static void request(byte[] written, RequestHead meant) {
    String head = text(written);
    if (meant.contentLength() > 1000) {
      sound(Referee.requests(head, End.UNSEEN), written);
      return;
    }
    String body =
        meant.chunked() ? "0\r\n\r\n" : "x".repeat((int) Math.max(0, meant.contentLength()));
    List<Message> messages =
        sound(Referee.requests(head + body + AFTER, End.UNSEEN, false), written);
    Check.same("requests", 2, messages.size(), written);
    Message first = messages.get(0);
    List<String> hosts = values(first, "Host");
    Check.same("Host fields", 1, hosts.size(), written);
    Check.same("host", meant.host(), HostName.canonicalise(hosts.get(0)), written);
    Check.that(first.startLine().startsWith(meant.methodText() + " "), () -> Check.shown(written));
    Check.same("body", Math.max(0, meant.contentLength()), first.bodyBytes(), written);
  }

  /** One head of a response. */
  static void response(byte[] written) {
    sound(Referee.responses(text(written), End.UNSEEN, List.of(Asked.of("HEAD"))), written);
  }

  /** A whole chunked body. */
  static void chunks(byte[] written, String content) {
    String head =
        "POST / HTTP/1.1\r\nHost: a\r\nVia: 1.1 rsp\r\nTransfer-Encoding: chunked\r\n\r\n";
    List<Message> messages =
        sound(Referee.requests(head + text(written) + AFTER, End.UNSEEN, false), written);
    Check.same("requests", 2, messages.size(), written);
    Check.same("content", (long) content.length(), messages.get(0).bodyBytes(), written);
    Check.that(
        content.startsWith(messages.get(0).body()), () -> "other content\n" + Check.shown(written));
  }

  private static List<Message> sound(Verdict verdict, byte[] written) {
    Check.that(
        verdict.violation() == null,
        () -> "the referee: " + verdict.violation() + "\n" + Check.shown(written));
    return verdict.messages();
  }

  private static List<String> values(Message message, String name) {
    return message.fields().stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Field::value)
        .toList();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
