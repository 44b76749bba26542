// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Draft.Written;
import dev.rsp.config.Draft.WrittenSlot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** The two keys that hold addresses, {@code listen} and {@code backends}, as they are checked. */
final class AddressKeys {
  /** Each costs a socket per loop. */
  static final int MAX_LISTEN = 64;

  /** Each costs counters and a pool per loop; a list that is longer is a loop gone wrong. */
  static final int MAX_BACKENDS = 65_536;

  /** In characters: a name stands in log lines and in metrics. */
  static final int MAX_NAME = 128;

  private static final String TO_LISTEN_ON =
      "an address to listen on, such as \"0.0.0.0:8080\" or \"unix:/run/rsp.sock\"";
  private static final String LIST = "a list of addresses, such as { \"10.0.0.11:80\" }";
  private static final String SLOT = "an address, or a table with name and address";

  private final Problems problems;

  AddressKeys(Problems problems) {
    this.problems = problems;
  }

  /** One address, or a list without repetition. */
  List<Written> listen(LuaValue value) {
    KeyPath path = KeyPath.global(Keys.LISTEN);
    if (!(value instanceof LuaTable table)) {
      Written written = address(path, value, TO_LISTEN_ON, 0);
      return written == null ? List.of() : List.of(written);
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_LISTEN, TO_LISTEN_ON);
    Map<String, KeyPath> seen = new HashMap<>();
    List<Written> addresses = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      Written written = address(path.index(i), entries.get(i - 1), TO_LISTEN_ON, 0);
      if (written != null && isNew(seen, written.text(), written.path())) {
        addresses.add(written);
      }
    }
    return addresses;
  }

  /** A list of addresses and of tables, without a name twice. */
  List<WrittenSlot> slots(LuaValue value) {
    KeyPath path = KeyPath.global(Keys.BACKENDS);
    if (!(value instanceof LuaTable table)) {
      problems.add(path, value, LIST);
      return List.of();
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_BACKENDS, SLOT);
    Map<String, KeyPath> names = new HashMap<>();
    List<WrittenSlot> slots = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      WrittenSlot slot = slot(path.index(i), entries.get(i - 1));
      if (slot != null && isNew(names, slot.name(), slot.namedAt())) {
        slots.add(slot);
      }
    }
    return slots;
  }

  private @Nullable WrittenSlot slot(KeyPath path, LuaValue value) {
    if (!(value instanceof LuaTable table)) {
      Written written = address(path, value, SLOT, 1);
      return written == null ? null : new WrittenSlot(written.text(), path, written);
    }
    var entry = new Section(path, table, problems);
    entry.refuseOthersThan(Keys.SLOT);
    KeyPath addressPath = path.key(Keys.ADDRESS);
    Written written =
        address(addressPath, entry.get(Keys.ADDRESS), "an address: " + Address.FORMS, 1);
    LuaValue name = entry.get(Keys.NAME);
    if (name.isnil()) {
      return written == null ? null : new WrittenSlot(written.text(), addressPath, written);
    }
    KeyPath namePath = path.key(Keys.NAME);
    if (!isName(name)) {
      problems.add(
          namePath, name, "1 to " + MAX_NAME + " visible ASCII characters without a space");
      return null;
    }
    return written == null ? null : new WrittenSlot(name.tojstring(), namePath, written);
  }

  private static boolean isName(LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    return !text.isEmpty() && text.length() <= MAX_NAME && Syntax.isVisible(text);
  }

  private @Nullable Written address(KeyPath path, LuaValue value, String expected, int leastPort) {
    if (value.type() != LuaValue.TSTRING) {
      problems.add(path, value, expected);
      return null;
    }
    Address address = Address.parse(value.tojstring(), leastPort);
    if (address instanceof Address.Wrong wrong) {
      problems.add(path, value, wrong.expected());
      return null;
    }
    return new Written(path, value.tojstring(), address);
  }

  private boolean isNew(Map<String, KeyPath> seen, String text, KeyPath path) {
    KeyPath other = seen.putIfAbsent(text, path);
    if (other != null) {
      problems.add(path, Shown.quoted(text), "one that is not in the list yet: see " + other);
    }
    return other == null;
  }
}
