// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.Parsed;
import dev.rsp.proxy.ProxyHeader;
import dev.rsp.proxy.ProxyHeaderReader;
import dev.rsp.proxy.ProxyVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * Any bytes as the start of a connection with a PROXY header: the result does not depend on how
 * they are cut, what follows a header has no influence, and its addresses can be written again.
 */
public final class ProxyHeaderFuzz {
  /** More than the longest header, and the longest line. */
  private static final int MAX_BYTES = 4096;

  private static final int MAX_LINE_BYTES = 107;

  private ProxyHeaderFuzz() {}

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    ByteBuf all = Unpooled.wrappedBuffer(data);
    ProxyHeader whole = ProxyHeaderReader.read(all);
    Check.same("bytes left", data.length, all.readableBytes(), data);
    for (int cut : Splits.of(data)) {
      ProxyHeader part = ProxyHeaderReader.read(all.slice(0, cut));
      boolean early = part.parsed() == Parsed.MORE && (whole.length() == 0 || cut < whole.length());
      Check.that(
          early || part.equals(whole),
          () -> "of " + cut + " bytes: " + part + ", of all: " + whole + "\n" + Check.shown(data));
    }
    switch (whole.parsed()) {
      case MORE ->
          Check.that(data.length < MAX_BYTES, () -> "more is awaited\n" + Check.shown(data));
      case REFUSED -> Check.that(!whole.fault().isEmpty(), () -> "no fault\n" + Check.shown(data));
      case DONE -> checkComplete(data, whole);
    }
  }

  private static void checkComplete(byte[] data, ProxyHeader header) {
    int most = data[0] == 'P' ? MAX_LINE_BYTES : MAX_BYTES;
    Check.that(
        header.length() >= 15 && header.length() <= most,
        () -> "length " + header.length() + "\n" + Check.shown(data));
    byte[] alone = Arrays.copyOf(data, header.length());
    Check.same("alone", header, ProxyHeaderReader.read(Unpooled.wrappedBuffer(alone)), data);
    if (header.source() instanceof InetSocketAddress source) {
      for (ProxyVersion version : ProxyVersion.values()) {
        byte[] written = version.header(source, header.destination());
        ProxyHeader again = ProxyHeaderReader.read(Unpooled.wrappedBuffer(written));
        Check.same("source in " + version, source, again.source(), data);
        Check.same("destination in " + version, header.destination(), again.destination(), data);
        Check.same("length in " + version, written.length, again.length(), data);
      }
    }
  }
}
