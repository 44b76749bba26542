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
 * The default name of an installation in Via fields. It differs between machines and between listen
 * addresses, is the same after a restart, and does not reveal the machine's name.
 */
final class InstallationName {
  /** Linux's host name; the Java API may query a name server for it. */
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

  private InstallationName() {}

  /** The name for one listen address or a list of them. */
  static String of(@Nullable LuaValue listen) {
    var key = new StringBuilder(hostName());
    if (listen instanceof LuaTable list) {
      for (int i = 1; i <= list.rawlen(); i++) {
        key.append('\n').append(address(list.rawget(i)));
      }
      if (list.rawlen() == 0) {
        key.append('\n').append(address(list));
      }
    } else {
      key.append('\n').append(listen);
    }
    // FNV-1a: 32 bits are enough to tell a few proxies apart, which is what loop detection needs.
    int hash = 0x811c9dc5;
    for (byte octet : key.toString().getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (octet & 0xff)) * 0x01000193;
    }
    return String.format(Locale.ROOT, "rsp-%08x", hash);
  }

  /** The address in a table of one; its rights do not count. */
  private static String address(LuaValue entry) {
    return entry instanceof LuaTable table
        ? table.rawget(Keys.ADDRESS).tojstring()
        : entry.tojstring();
  }

  private static String hostName() {
    try {
      return Files.readString(HOST_NAME).strip();
    } catch (IOException e) {
      return ""; // not Linux: use the addresses alone
    }
  }
}
