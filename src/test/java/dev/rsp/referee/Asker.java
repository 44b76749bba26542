// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses the requests that a test's client sent, up to the first ambiguous or invalid one; the
 * response to that must be a final refusal.
 */
final class Asker extends StreamReader {
  private static final Pattern METHOD = Pattern.compile("([A-Z]+) .*", Pattern.DOTALL);

  /** As in a request that rsp writes, but leading zeros are allowed. */
  private static final Pattern LOOSE_LENGTH = Pattern.compile("[0-9]{1,18}");

  /** RFC 9112 §2.2 lets a server ignore one; rsp ignores two. */
  private static final int MAX_EMPTY_LINES = 2;

  private final Queue<Asked> asked = new ArrayDeque<>();
  private String method = "";
  private boolean http10;
  private int emptyLines;
  private boolean unsound;

  Asker() {
    super(message -> {});
  }

  /** Removes the next unanswered request. */
  @Nullable Asked next() {
    Asked next = asked.poll();
    if (next == null && inHead()) {
      return unsound(partOfHead());
    }
    return next;
  }

  /** The same, without removing it. */
  @Nullable Asked peek() {
    return asked.peek();
  }

  /** Whether a response is allowed: to a request, to a part of one, or before any. */
  boolean open() {
    return !asked.isEmpty() || inHead() || untouched();
  }

  @Override
  boolean anySpace() {
    return true;
  }

  @Override
  void emptyLine() {
    if (++emptyLines > MAX_EMPTY_LINES) {
      super.emptyLine();
    }
  }

  @Override
  void startLine(String text) {
    Matcher parts = Grammar.REQUEST_LINE.matcher(text);
    if (!parts.matches()) {
      throw new Foul("RFC 9112 §3", "no request line");
    }
    method = parts.group(1);
    http10 = parts.group(3).equals("0");
    emptyLines = 0;
  }

  @Override
  Framing head(Head head) {
    List<String> options = head.list("Connection");
    boolean stays =
        http10
            ? options.contains("keep-alive") && !options.contains("close")
            : !options.contains("close");
    boolean offers = !http10 && options.contains("upgrade");
    List<String> codings = head.values("Transfer-Encoding");
    List<String> lengths = head.values("Content-Length");
    boolean chunked = codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked");
    Framing framing = Framing.NONE;
    if (!codings.isEmpty()) {
      if (!chunked || http10 || !lengths.isEmpty()) {
        throw new Foul("RFC 9112 §6.3", "no one framing");
      }
      framing = Framing.CHUNKED;
    } else if (!lengths.isEmpty()) {
      if (lengths.size() > 1 || !LOOSE_LENGTH.matcher(lengths.get(0)).matches()) {
        throw new Foul("RFC 9112 §6.3", "no length");
      }
      framing = Framing.length(Long.parseLong(lengths.get(0)));
    }
    String offer = offers ? String.join(",", head.values("Upgrade")) : "";
    asked.add(new Asked(method, http10, stays, offer, head.list("TE").contains("trailers"), true));
    return framing;
  }

  @Override
  void broken(boolean insideHead, String partOfHead) {
    if (insideHead && !unsound) {
      asked.add(unsound(partOfHead));
    }
    unsound = true;
  }

  private static Asked unsound(String partOfHead) {
    Matcher known = METHOD.matcher(partOfHead);
    return new Asked(known.matches() ? known.group(1) : "", false, false, "", false, false);
  }

  @Override
  String chunkSize(String text) {
    int semicolon = text.indexOf(';');
    return semicolon < 0 ? text : text.substring(0, semicolon);
  }

  @Override
  void trailers(Head trailers) {}

  @Override
  boolean mayFollow() {
    return true;
  }

  @Override
  void partialStartLine(String text, End end) {}
}
