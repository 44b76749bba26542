// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/** Checks the bytes that rsp wrote to a client. */
final class ResponseReferee extends StreamReader {
  private static final String UNASKED = "RFC 9112 §9.2";

  /** The statuses that a server may send before a request (RFC 9110 §15.5.9, §15.6.4). */
  private static final List<Integer> TO_THE_SILENT = List.of(408, 503);

  /** The requests in order; each call of {@link #take} removes one. */
  interface Requests {
    @Nullable Asked peek();

    @Nullable Asked take();

    /** Whether a response is allowed. */
    boolean open();

    /** Whether the client has sent nothing. */
    boolean none();
  }

  private final Requests requests;
  private int status;
  private boolean mayFollow;
  private boolean takesTrailers;

  ResponseReferee(Requests requests, Consumer<Message> messages) {
    super(messages);
    this.requests = requests;
  }

  @Override
  void begins() {
    if (!requests.open()) {
      throw new Foul(UNASKED, "a response that nobody asked for");
    }
  }

  @Override
  void startLine(String text) {
    Matcher parts = Grammar.STATUS_LINE.matcher(text);
    if (!parts.matches()) {
      throw new Foul("RFC 9112 §4", "no status line: \"" + text + "\"");
    }
    status = Integer.parseInt(parts.group(1));
  }

  @Override
  Framing head(Head head) {
    head.noneOf("Keep-Alive", "Proxy-Connection", "TE");
    if (status < 200) {
      return interim(head);
    }
    Asked asked = requests.take();
    if (asked == null) {
      if (!requests.none() || !TO_THE_SILENT.contains(status)) {
        throw new Foul(UNASKED, "a response that nobody asked for");
      }
      asked = new Asked("", false, false, "", false, false);
    }
    boolean required = status == 426 && head.has("Upgrade"); // RFC 9110 §15.5.22
    if (!required) {
      head.noneOf("Upgrade");
    } else if (!head.connection("close", "keep-alive", "upgrade").contains("upgrade")) {
      throw new Foul("RFC 9110 §7.8", "Upgrade without Connection: upgrade");
    }
    persistence(head, asked);
    if (head.values("Date").size() != 1) {
      throw new Foul("RFC 9110 §6.6.1", head.values("Date").size() + " Date fields");
    }
    takesTrailers = asked.trailers();
    return framing(head, asked);
  }

  /** RFC 9110 §15.2. */
  private Framing interim(Head head) {
    Asked asked = requests.peek();
    if (asked == null || !asked.sound()) {
      throw new Foul(UNASKED, "an interim response that nobody asked for");
    }
    if (asked.http10()) {
      throw new Foul("RFC 9110 §15.2", "an interim response to HTTP/1.0");
    }
    if (head.has("Content-Length") || head.has("Transfer-Encoding")) {
      throw new Foul("RFC 9110 §8.6", "a framing of no body in an interim response");
    }
    mayFollow = true;
    if (status != 101) {
      head.noneOf("Upgrade", "Connection", "Trailer");
      return Framing.NONE;
    }
    List<String> chosen = head.list("Upgrade");
    if (!head.connection("upgrade").contains("upgrade")
        || chosen.isEmpty()
        || !Grammar.list(asked.offer()).containsAll(chosen)) {
      throw new Foul("RFC 9110 §7.8", "a change to " + chosen + ", offered: " + asked.offer());
    }
    return Framing.TUNNEL;
  }

  /** RFC 9112 §9.3 and §9.6. */
  private void persistence(Head head, Asked asked) {
    List<String> options =
        status == 426
            ? head.connection("close", "keep-alive", "upgrade")
            : head.connection("close", "keep-alive");
    boolean close = options.contains("close");
    if (!asked.stays() && !close) {
      throw new Foul("RFC 9112 §9.6", "the last response does not say so");
    }
    if (!asked.sound() && status < 400) {
      throw new Foul("RFC 9112 §2.2", "a success in answer to what is no request");
    }
    if (asked.http10() && !close && !options.contains("keep-alive")) {
      throw new Foul("RFC 9112 §9.3", "HTTP/1.0 is not told that the connection stays");
    }
    mayFollow = !close;
  }

  /** RFC 9112 §6.3. */
  private Framing framing(Head head, Asked asked) {
    if (status == 204 && (head.has("Content-Length") || head.has("Transfer-Encoding"))) {
      throw new Foul("RFC 9110 §8.6", "a framing of no body in a 204 response");
    }
    Framing framing = head.framing(Framing.UNTIL_CLOSE);
    if (framing.kind() == Framing.Kind.CHUNKED && asked.http10()) {
      throw new Foul("RFC 9112 §6.1", "chunks for HTTP/1.0");
    }
    if (asked.method().equals("HEAD") || status == 204 || status == 304) {
      return Framing.NONE;
    }
    if (framing.kind() == Framing.Kind.UNTIL_CLOSE && (mayFollow || !asked.http10())) {
      throw new Foul("RFC 9112 §6.3 rule 8", "a body that only the end of the connection ends");
    }
    return framing;
  }

  @Override
  void trailers(Head trailers) {
    if (!trailers.fields().isEmpty() && !takesTrailers) {
      throw new Foul("RFC 9110 §6.5.1", "trailer fields for a client that takes none");
    }
    trailers.noneOf("Connection", "Content-Length", "Transfer-Encoding", "Trailer", "TE");
  }

  @Override
  boolean mayFollow() {
    return mayFollow;
  }

  @Override
  void partialStartLine(String text, End end) {
    String start = "HTTP/1.1 ";
    if (!text.startsWith(start) && !start.startsWith(text)) {
      throw new Foul("RFC 9112 §4", "the start of no status line: \"" + text + "\"");
    }
  }

  /** The requests that an {@link Asker} found. */
  static Requests of(Asker asker) {
    return new Requests() {
      @Override
      public @Nullable Asked peek() {
        return asker.peek();
      }

      @Override
      public @Nullable Asked take() {
        return asker.next();
      }

      @Override
      public boolean open() {
        return asker.open();
      }

      @Override
      public boolean none() {
        return asker.untouched();
      }
    };
  }

  /** A fixed list of requests. */
  static Requests of(List<Asked> list) {
    var left = new ArrayDeque<Asked>(list);
    return new Requests() {
      @Override
      public @Nullable Asked peek() {
        return left.peek();
      }

      @Override
      public @Nullable Asked take() {
        return left.poll();
      }

      @Override
      public boolean open() {
        return !left.isEmpty() || list.isEmpty();
      }

      @Override
      public boolean none() {
        return list.isEmpty();
      }
    };
  }
}
