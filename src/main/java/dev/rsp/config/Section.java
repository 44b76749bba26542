// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * A table in the file: either with known keys, such as {@code timeouts}, or a list, such as {@code
 * backends}.
 *
 * <p>Values are read without metatables: only what the file assigned counts.
 */
final class Section {
  private final KeyPath path;
  private final LuaTable table;
  private final Problems problems;

  Section(KeyPath path, LuaTable table, Problems problems) {
    this.path = path;
    this.table = table;
    this.problems = problems;
  }

  /**
   * The table of a key; an empty one if the key is not set, or if it is not a table, after adding a
   * problem.
   */
  static Section of(KeyPath path, LuaValue value, Problems problems) {
    if (value instanceof LuaTable table) {
      return new Section(path, table, problems);
    }
    if (!value.isnil()) {
      problems.add(path, value, "a table");
    }
    return new Section(path, new LuaTable(), problems);
  }

  /** The first entry of a list. */
  LuaValue first() {
    return table.rawget(1);
  }

  LuaValue get(String key) {
    return table.rawget(key);
  }

  double number(NumberKey key) {
    return key.read(path.key(key.name()), get(key.name()), problems);
  }

  /** Reads a boolean; false if it is not set. */
  boolean flag(String key) {
    LuaValue value = get(key);
    if (!value.isnil() && !value.isboolean()) {
      problems.add(path.key(key), value, "true or false");
    }
    return value.isboolean() && value.toboolean();
  }

  /**
   * Reads a share of the requests, from 0 to 1.
   *
   * @param unset the share if it is not set, or is wrong
   */
  double share(String key, double unset) {
    LuaValue value = get(key);
    boolean fits =
        value.type() == LuaValue.TNUMBER && value.todouble() >= 0 && value.todouble() <= 1;
    if (!value.isnil() && !fits) {
      problems.add(path.key(key), value, "a share of the requests, from 0 to 1");
    }
    return fits ? value.todouble() : unset;
  }

  /** Adds a problem for each unknown key. */
  void rejectUnknownKeys(List<String> known) {
    String all = known.size() == 1 ? known.get(0) : "one of " + String.join(", ", known);
    for (LuaValue key : keys()) {
      if (key.type() == LuaValue.TSTRING && known.contains(key.tojstring())) {
        continue;
      }
      problems.add(
          part(key), table.rawget(key), () -> all + NearestKey.suggestion(key.tojstring(), known));
    }
  }

  /** Adds a problem for each key that is neither known nor an index of the first entries. */
  void rejectOthers(int entries, List<String> known) {
    for (LuaValue key : keys()) {
      boolean isEntry = key.isinttype() && key.toint() >= 1 && key.toint() <= entries;
      boolean isKnown = key.type() == LuaValue.TSTRING && known.contains(key.tojstring());
      if (!isEntry && !isKnown) {
        problems.add(
            part(key),
            table.rawget(key),
            () ->
                "%d value(s), and %s%s"
                    .formatted(
                        entries,
                        String.join(", ", known),
                        NearestKey.suggestion(key.tojstring(), known)));
      }
    }
  }

  /**
   * The entries of a list, in order. Adds a problem and returns an empty list if the list is empty
   * or too long, or has a hole or a key that is no index.
   */
  List<LuaValue> entries(int most, String expected) {
    int last = 0;
    boolean list = true;
    List<LuaValue> keys = keys();
    for (LuaValue key : keys) {
      if (key.isinttype() && key.toint() > 0) {
        last = Math.max(last, key.toint());
      } else {
        problems.add(part(key), table.rawget(key), "a list: no keys, only entries");
        list = false;
      }
    }
    if (!list) {
      return List.of();
    }
    if (last == 0) {
      problems.add(path, "an empty list", "at least one entry");
      return List.of();
    }
    if (last > keys.size()) {
      int hole = 1;
      while (!table.rawget(hole).isnil()) {
        hole++;
      }
      problems.add(path.index(hole), LuaValue.NIL, expected + "; a list has no holes");
      return List.of();
    }
    if (last > most) {
      problems.add(path, last + " entries", "at most " + most);
      return List.of();
    }
    return IntStream.rangeClosed(1, last).mapToObj(table::rawget).toList();
  }

  private KeyPath part(LuaValue key) {
    return key.isinttype() ? path.index(key.toint()) : path.key(key.tojstring());
  }

  private List<LuaValue> keys() {
    List<LuaValue> keys = new ArrayList<>();
    Varargs entry = table.next(LuaValue.NIL);
    while (!entry.arg1().isnil()) {
      keys.add(entry.arg1());
      entry = table.next(entry.arg1());
    }
    return keys;
  }
}
