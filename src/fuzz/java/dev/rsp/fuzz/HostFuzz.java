// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import dev.rsp.http.HostName;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Any text as a host: one that is canonical stays as it is, and every spelling leads to it. */
public final class HostFuzz {
  /** RFC 1035 §2.3.4. */
  private static final int MAX_LENGTH = 253;

  private HostFuzz() {}

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    String text = new String(data, StandardCharsets.ISO_8859_1);
    String host = HostName.canonicalise(text);
    if (host == null) {
      return;
    }
    Check.same("canonical twice", host, HostName.canonicalise(host), data);
    Check.same("lower case", host.toLowerCase(Locale.ROOT), host, data);
    Check.that(
        !host.isEmpty() && host.length() <= MAX_LENGTH && !host.endsWith("."),
        () -> "not canonical: " + host + "\n" + Check.shown(data));
    Check.same("in capitals", host, HostName.canonicalise(text.toUpperCase(Locale.ROOT)), data);
    Check.same("with a port", host, HostName.canonicalise(host + ":65535"), data);
    Check.same("after a space", null, HostName.canonicalise(" " + text), data);
    Check.same("before a slash", null, HostName.canonicalise(text + "/"), data);
    Check.same("behind a user", null, HostName.canonicalise("u@" + text), data);
    if (host.startsWith("[")) {
      Check.that(host.matches("\\[[0-9a-f:.]+\\]"), () -> "no IPv6 literal: " + host);
    } else {
      Check.that(host.matches("[a-z0-9_.-]+"), () -> "no host name: " + host);
      Check.same("with a dot", host, HostName.canonicalise(host + "."), data);
    }
  }
}
