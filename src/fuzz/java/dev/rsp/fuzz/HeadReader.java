// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.Head;
import dev.rsp.http.Parsed;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Supplier;

/** Has heads of one kind parsed, whole and cut, and looks at what must hold of both kinds. */
final class HeadReader<H extends Head> {
  /** A parser's method. */
  interface Parse<H> {
    Parsed of(HeadParser parser, ByteBuf in, H head);
  }

  /** Small, so that the limits are met by inputs of a few hundred bytes. */
  private static final HeadParser PARSER = new HeadParser(1024, 16, 256);

  /** What was written may be longer by the fields that rsp adds. */
  private static final HeadParser ROOMY = new HeadParser(8192, 100, 1024);

  private final Supplier<H> heads;
  private final Parse<H> parse;

  HeadReader(Supplier<H> heads, Parse<H> parse) {
    this.heads = heads;
    this.parse = parse;
  }

  /** Reads an input into a head: the verdict is the same when the input comes in pieces. */
  Parsed read(byte[] data, H head) {
    Parsed parsed = parse(PARSER, data, data.length, head);
    checkSplits(data, parsed, verdict(parsed, head));
    if (parsed == Parsed.DONE) {
      Check.that(
          !head.chunked() || head.contentLength() < 0, () -> "two framings\n" + Check.shown(data));
    }
    return parsed;
  }

  /** Reads what was written for a head, whatever its length. */
  Parsed readAgain(byte[] written, H head) {
    return parse(ROOMY, written, written.length, head);
  }

  /** What was written is one head and nothing besides. */
  void checkOneHead(Parsed parsed, H head, byte[] written) {
    Check.same("what was written is read as", "DONE", verdict(parsed, head), written);
    Check.same("length", written.length, head.length(), written);
    Check.same("version", false, head.http10(), written);
  }

  private void checkSplits(byte[] data, Parsed whole, String verdict) {
    H head = heads.get();
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

  private Parsed parse(HeadParser parser, byte[] data, int end, H head) {
    ByteBuf in = Unpooled.wrappedBuffer(data, 0, end);
    Parsed parsed = parse.of(parser, in, head);
    Check.same("reader index", 0, in.readerIndex(), data);
    return parsed;
  }

  private String verdict(Parsed parsed, H head) {
    return parsed == Parsed.REFUSED ? head.refusal().toString() : parsed.name();
  }
}
