// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.h1.BodyFraming;
import dev.rsp.http.h1.BodyFraming.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Any bytes as a chunked body: content, end and verdict do not depend on where they were split, and
 * chunks that are handed on are such that any reader finds the same content in them.
 */
public final class ChunkFuzz {
  private ChunkFuzz() {}

  /** What came of a body. Equal if verdict, end and forwarded bytes are. */
  private record Outcome(Progress progress, int consumed, String forwarded) {
    static final Outcome NONE = new Outcome(Progress.MALFORMED, 0, "");
  }

  /** Whose body it is, and how strictly it is read. */
  private enum Mode {
    REQUEST,
    RESPONSE,
    /** With {@code lenient.response_lf}; its chunks are never handed on. */
    RESPONSE_LF
  }

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    Outcome strict = Outcome.NONE;
    for (Mode mode : Mode.values()) {
      Outcome content = body(data, mode);
      // Each mode takes what the ones before it take, and finds the same in it.
      if (strict.progress != Progress.MALFORMED && mode != Mode.REQUEST) {
        Check.same("what a stricter mode takes, as " + mode, strict, content, data);
      }
      strict = content;
    }
  }

  /** The content of a body, after the checks. */
  private static Outcome body(byte[] data, Mode mode) {
    Outcome content = read(data, mode, false, new int[0]);
    int[] everywhere = new int[data.length];
    Arrays.setAll(everywhere, i -> i);
    for (int[] cuts : new int[][] {Splits.of(data), everywhere}) {
      compare(data, content, read(data, mode, false, cuts));
    }
    if (mode == Mode.RESPONSE_LF) {
      return content;
    }
    Outcome chunks = read(data, mode, true, new int[0]);
    Check.same("verdict without chunks", chunks.progress, content.progress, data);
    for (int[] cuts : new int[][] {Splits.of(data), everywhere}) {
      compare(data, chunks, read(data, mode, true, cuts));
    }
    if (chunks.progress == Progress.MALFORMED) {
      return content;
    }
    Check.same("end", chunks.consumed, content.consumed, data);
    // Whatever was taken is handed on in the form that a request must have.
    byte[] forwarded = chunks.forwarded.getBytes(StandardCharsets.ISO_8859_1);
    Outcome again = read(forwarded, Mode.REQUEST, true, new int[0]);
    Check.same("chunks handed on twice", chunks.forwarded, again.forwarded, data);
    Check.same("their verdict", chunks.progress, again.progress, data);
    Check.same(
        "their content",
        content.forwarded,
        read(forwarded, Mode.REQUEST, false, new int[0]).forwarded,
        data);
    if (chunks.progress == Progress.DONE) {
      Check.same("their end", forwarded.length, again.consumed, data);
      StrictReader.chunks(forwarded, content.forwarded);
    }
    return content;
  }

  private static void compare(byte[] data, Outcome whole, Outcome cut) {
    Check.same("verdict when cut", whole.progress, cut.progress, data);
    if (whole.progress != Progress.MALFORMED) {
      Check.same("outcome when cut", whole, cut, data);
    }
  }

  private static Outcome read(byte[] data, Mode mode, boolean keepChunks, int[] cuts) {
    var framing = new BodyFraming();
    if (mode == Mode.REQUEST) {
      framing.startChunked(keepChunks);
    } else {
      framing.startResponseChunks(keepChunks, mode == Mode.RESPONSE_LF);
    }
    var forwarded = new ByteArrayOutputStream();
    int consumed = 0;
    Progress progress = Progress.MORE;
    for (int i = 0, start = 0; i <= cuts.length && progress == Progress.MORE; i++) {
      int end = i == cuts.length ? data.length : cuts[i];
      ByteBuf in = Unpooled.copiedBuffer(data, start, end - start);
      progress = framing.accept(in);
      if (progress != Progress.MALFORMED) {
        int taken = framing.consumedEnd();
        Check.that(
            framing.forwardEnd() <= taken && taken <= end - start,
            () -> "more than there was\n" + Check.shown(data));
        Check.that(
            framing.isChunked() && in.readerIndex() == 0, () -> "moved\n" + Check.shown(data));
        forwarded.write(in.array(), 0, framing.forwardEnd());
        consumed += taken;
      }
      in.release();
      start = end;
    }
    return new Outcome(progress, consumed, forwarded.toString(StandardCharsets.ISO_8859_1));
  }
}
