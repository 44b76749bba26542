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
  private static final String STATES = "\"up\", \"drain\", \"down\" or \"spare\"";

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
      Written written = backend(path, value, SLOT, null);
      return written == null
          ? null
          : new WrittenSlot(written.text(), path, written, 1, Slot.State.UP);
    }
    var entry = new Section(path, table, problems);
    entry.refuseOthersThan(Keys.SLOT);
    Slot.State state = state(path.key(Keys.STATE), entry.get(Keys.STATE));
    int weight = (int) entry.number(Keys.WEIGHT);
    KeyPath addressPath = path.key(Keys.ADDRESS);
    LuaValue name = entry.get(Keys.NAME);
    LuaValue address = entry.get(Keys.ADDRESS);
    boolean isToCome = state == Slot.State.SPARE && address.isnil() && !name.isnil();
    Protocol protocol = protocol(path.key(Keys.PROTOCOL), entry.get(Keys.PROTOCOL));
    Written written =
        isToCome ? null : backend(addressPath, address, "an address: " + Address.FORMS, protocol);
    if (name.isnil()) {
      return written == null
          ? null
          : new WrittenSlot(address.tojstring(), addressPath, written, weight, state);
    }
    KeyPath namePath = path.key(Keys.NAME);
    if (!isName(name)) {
      problems.add(
          namePath,
          name,
          "1 to "
              + MAX_NAME
              + " visible ASCII characters without a space, not beginning with ( or #");
      return null;
    }
    return written == null && !isToCome
        ? null
        : new WrittenSlot(name.tojstring(), namePath, written, weight, state);
  }

  private Slot.State state(KeyPath path, LuaValue value) {
    if (value.isnil()) {
      return Slot.State.UP;
    }
    Slot.State state = value.type() == LuaValue.TSTRING ? Slot.State.of(value.tojstring()) : null;
    if (state == null) {
      problems.add(path, value, STATES);
      return Slot.State.UP;
    }
    return state;
  }

  /** The protocol that a backend's own key says; null if it has none. */
  private @Nullable Protocol protocol(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    for (Protocol protocol : Protocol.values()) {
      if (text.equals(protocol.label())) {
        return protocol;
      }
    }
    if (!value.isnil()) {
      problems.add(path, value, "\"http\" or \"uwsgi\"");
    }
    return null;
  }

  /** The address of a backend, with the prefix of its protocol, whether written there or not. */
  private @Nullable Written backend(
      KeyPath path, LuaValue value, String expected, @Nullable Protocol said) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    Protocol prefixed = Protocol.ofText(text);
    if (said == Protocol.HTTP && prefixed != said) {
      problems.add(path, value, "an address without uwsgi:, because protocol is \"http\"");
      return null;
    }
    LuaValue bare = prefixed == Protocol.HTTP ? value : LuaValue.valueOf(Protocol.addressIn(text));
    Written written = address(path, bare, expected, 1);
    if (written == null) {
      return null;
    }
    Protocol protocol = said == null ? prefixed : said;
    return new Written(path, protocol.at(written.text()), written.address());
  }

  /**
   * Whether it is a name that stands out in plans and journals: those have {@code (refused)} in the
   * place of a slot, and comments behind {@code #}.
   */
  private static boolean isName(LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    return !text.isEmpty()
        && text.length() <= MAX_NAME
        && Syntax.isVisible(text)
        && !text.startsWith("(")
        && !text.startsWith("#");
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
