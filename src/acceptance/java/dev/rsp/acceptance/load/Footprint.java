// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.acceptance.rig.Rsp;
import java.util.ArrayList;
import java.util.List;

/**
 * What an rsp holds at a time when it has nothing to do, so that what a load has left can be seen.
 *
 * @param descriptors open files and sockets
 * @param directBytes buffers
 * @param engines native objects of TLS, one for each connection
 * @param contexts native objects of TLS, one for each certificate, and those for backends
 * @param liveKib live objects of Java
 * @param residentKib all memory: with {@link #EXACT} the heap is a fixed part of it, and the rest
 *     is that of native code: buffers, TLS, compiled methods, and what the allocator keeps
 */
record Footprint(
    int descriptors,
    long directBytes,
    long engines,
    long contexts,
    long liveKib,
    long residentKib) {
  /**
   * Options of Java with which these numbers are exact. No buffers are pooled, so that those in use
   * can be counted. The heap has its full size from the start, and all its pages are resident.
   */
  static final String EXACT =
      "-Dio.netty.allocator.type=unpooled -Xms128m -Xmx128m -XX:+AlwaysPreTouch";

  /** What a loop keeps for its next large reads: two buffers of at most 256 KiB, see HotBuffers. */
  private static final long KEPT_BYTES_OF_LOOP = 512L << 10;

  /** Caches that are not full after a short load, and what a reload leaves for some seconds. */
  private static final long MORE_LIVE_KIB = 8 << 10;

  /** Methods that are compiled later, and what the allocator keeps of memory that was freed. */
  private static final long MORE_RESIDENT_KIB = 40 << 10;

  /** Looks at a running rsp, which collects its garbage for that. */
  static Footprint of(Rsp rsp) {
    int descriptors = rsp.program().descriptors();
    long engines = rsp.tlsEngines();
    long contexts = rsp.tlsContexts();
    long live = rsp.liveBytes() >> 10; // the third collection: others free what needs two
    return new Footprint(
        descriptors, rsp.directBytes(), engines, contexts, live, rsp.program().residentKib());
  }

  /**
   * What is left of a load, one text for each kind; empty if nothing is.
   *
   * @param before at the begin of the load, of an rsp that is warmed up
   */
  List<String> objectsLeftSince(Footprint before) {
    List<String> left = new ArrayList<>();
    more(left, "descriptors", descriptors, before.descriptors);
    more(left, "engines of TLS", engines, 0);
    more(left, "contexts of TLS", contexts, before.contexts);
    return left;
  }

  /**
   * The same of memory, if rsp runs with {@link #EXACT}.
   *
   * @param loops how many event loops rsp has
   */
  List<String> memoryLeftSince(Footprint before, int loops) {
    List<String> left = new ArrayList<>();
    more(left, "bytes of buffers", directBytes, loops * KEPT_BYTES_OF_LOOP);
    more(left, "KiB of live objects", liveKib, before.liveKib + MORE_LIVE_KIB);
    more(left, "KiB resident", residentKib, before.residentKib + MORE_RESIDENT_KIB);
    return left;
  }

  private static void more(List<String> left, String what, long is, long most) {
    if (is > most || is < 0) {
      left.add(what + ": " + is + " (expected: at most " + most + ")");
    }
  }
}
