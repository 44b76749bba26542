// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * The name of an installation in Via fields, unless the file gives one: another on each machine and
 * for each place that it listens at, the same after a restart, and nobody learns the machine's name
 * by it.
 */
final class InstallationName {
  /** Where Linux tells its host name; asking for it otherwise may ask a name server. */
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

  private InstallationName() {}

  /** The name for a listening address, or a list of them. */
  static String of(@Nullable LuaValue listen) {
    var key = new StringBuilder(hostName());
    if (listen instanceof LuaTable list) {
      for (int i = 1; i <= list.rawlen(); i++) {
        key.append('\n').append(list.rawget(i).tojstring());
      }
    } else {
      key.append('\n').append(listen);
    }
    // FNV-1a: 32 bits keep a handful of proxies apart, which is all that a loop needs.
    int hash = 0x811c9dc5;
    for (byte octet : key.toString().getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (octet & 0xff)) * 0x01000193;
    }
    return String.format(Locale.ROOT, "rsp-%08x", hash);
  }

  private static String hostName() {
    try {
      return Files.readString(HOST_NAME).strip();
    } catch (IOException e) {
      return ""; // not Linux: the addresses alone must do
    }
  }
}
