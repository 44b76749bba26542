// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads a value that is one text or a list of texts, which may be empty. */
final class TextList {
  private TextList() {}

  /** One value of a list; the text is empty if it is not a string. */
  record Entry(KeyPath path, LuaValue value, String text) {
    private Entry(KeyPath path, LuaValue value) {
      this(path, value, value.type() == LuaValue.TSTRING ? value.tojstring() : "");
    }
  }

  /**
   * The entries of a list.
   *
   * @param most how many there may be
   * @param expected what each is, for a problem
   */
  static List<Entry> read(
      KeyPath path, LuaValue value, int most, String expected, Problems problems) {
    if (!(value instanceof LuaTable table)) {
      return List.of(new Entry(path, value));
    }
    List<Entry> entries = new ArrayList<>();
    if (table.next(LuaValue.NIL).arg1().isnil()) {
      return entries;
    }
    for (LuaValue part : new Section(path, table, problems).entries(most, expected)) {
      entries.add(new Entry(path.index(entries.size() + 1), part));
    }
    return entries;
  }
}
