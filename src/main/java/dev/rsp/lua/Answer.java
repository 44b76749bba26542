// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/** What a script's {@code select} may return, read strictly. */
final class Answer {
  /** Most places in order of preference: more than anybody waits for to be tried in turn. */
  static final int MAX_CHOICES = 16;

  /** Longest name or address in bytes: a host of 253 inside a path of a socket, and some more. */
  static final int MAX_TEXT_BYTES = 512;

  private static final String EXPECTED =
      " (expected: a slot's index or name, an address, a list of" + " these, or nil and a reason)";

  private static final String NO_REASON = "refused by select";

  private Answer() {}

  /**
   * Reads what was returned.
   *
   * @throws Unfit if it is no place, no list of places, and no refusal
   */
  static Selection read(Varargs returned, boolean hostOnly) throws Unfit {
    LuaValue first = returned.arg1();
    if (first.isnil()) {
      return new Selection.Refused(reason(returned.arg(2)), hostOnly);
    }
    boolean isList = first instanceof LuaTable && !isSlot(first);
    List<Selection.Choice> choices = isList ? choices((LuaTable) first) : List.of(choice(first));
    return new Selection.Chosen(choices, hostOnly);
  }

  private static String reason(LuaValue value) throws Unfit {
    if (value.isnil()) {
      return NO_REASON;
    }
    if (!value.isstring()) {
      throw new Unfit("select returned nil and a " + value.typename() + " (expected: a reason)");
    }
    String reason = Messages.clean(Messages.decode(value.strvalue()));
    return reason.isBlank() ? NO_REASON : reason;
  }

  private static List<Selection.Choice> choices(LuaTable list) throws Unfit {
    // Raw access: metamethods would run outside of the budget.
    int entries = 0;
    for (Varargs e = list.next(LuaValue.NIL); !e.arg1().isnil(); e = list.next(e.arg1())) {
      if (++entries > MAX_CHOICES) {
        throw new Unfit("select returned a list of more than " + MAX_CHOICES + " places");
      }
    }
    if (entries == 0) {
      throw new Unfit("select returned an empty table" + EXPECTED);
    }
    List<Selection.Choice> choices = new ArrayList<>(entries);
    for (int i = 1; i <= entries; i++) {
      LuaValue value = list.rawget(i);
      if (value.isnil()) {
        throw new Unfit("select returned a table that is no list: it has no [" + i + "]");
      }
      choices.add(choice(value));
    }
    return choices;
  }

  private static Selection.Choice choice(LuaValue value) throws Unfit {
    if (value instanceof LuaString string) {
      return new Selection.Choice.Text(text(string));
    }
    if (value instanceof FrozenTable table && isSlot(table)) {
      return new Selection.Choice.Index(table.slotIndex());
    }
    if (value.type() != LuaValue.TNUMBER) {
      throw new Unfit("select returned a " + value.typename() + EXPECTED);
    }
    double number = value.todouble();
    int index = (int) number;
    if (index != number) { // neither a fraction, nor too large, nor NaN
      throw new Unfit("select returned " + value.tojstring() + " (expected: a whole number)");
    }
    return new Selection.Choice.Index(index);
  }

  /** Whether it is an entry of {@code backends}. */
  private static boolean isSlot(LuaValue value) {
    return value instanceof FrozenTable table && table.slotIndex() > 0;
  }

  private static String text(LuaString value) throws Unfit {
    if (value.m_length == 0) {
      throw new Unfit("select returned an empty string" + EXPECTED);
    }
    if (value.m_length > MAX_TEXT_BYTES) {
      throw new Unfit("select returned a string of more than " + MAX_TEXT_BYTES + " bytes");
    }
    String text = Messages.decode(value);
    if (text.chars().anyMatch(c -> Character.isISOControl(c) || c == '\uFFFD')) {
      throw new Unfit(
          "select returned a string with control characters or broken UTF-8: "
              + Messages.clean(text));
    }
    return text;
  }

  /** Says what is wrong with an answer. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String message) {
      super(message, null, false, false);
    }
  }
}
