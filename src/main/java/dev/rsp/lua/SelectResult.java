// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/** Converts and validates the return values of a script's {@code select}. */
final class SelectResult {
  /** Maximum number of choices: no client waits until 16 backends have been tried. */
  static final int MAX_CHOICES = 16;

  /** Longest name or address in bytes: a socket path that contains a host of 253 bytes fits. */
  static final int MAX_TEXT_BYTES = 512;

  private static final String EXPECTED =
      " (expected: a slot's index or name, an address, a list of" + " these, or nil and a reason)";

  private SelectResult() {}

  /**
   * Converts the return values.
   *
   * @throws Unfit if they are neither a choice, nor a list of choices, nor a refusal
   */
  static Selection read(Varargs returned, boolean hostOnly) throws InvalidResult {
    LuaValue first = returned.arg1();
    if (first.isnil()) {
      return new Selection.Refused(reason(returned.arg(2)), hostOnly);
    }
    boolean isList = first instanceof LuaTable && !isSlot(first);
    List<Selection.Choice> choices = isList ? choices((LuaTable) first) : List.of(choice(first));
    return new Selection.Chosen(choices, hostOnly);
  }

  private static String reason(LuaValue value) throws InvalidResult {
    if (value.isnil()) {
      return Selection.Refused.NO_REASON;
    }
    if (!value.isstring()) {
      throw new InvalidResult(
          "select returned nil and a " + value.typename() + " (expected: a reason)");
    }
    String reason = Messages.clean(Messages.decode(value.strvalue()));
    return reason.isBlank() ? Selection.Refused.NO_REASON : reason;
  }

  private static List<Selection.Choice> choices(LuaTable list) throws InvalidResult {
    // Raw access: metamethods would run outside the budget.
    int entries = 0;
    for (Varargs e = list.next(LuaValue.NIL); !e.arg1().isnil(); e = list.next(e.arg1())) {
      if (++entries > MAX_CHOICES) {
        throw new InvalidResult("select returned a list of more than " + MAX_CHOICES + " places");
      }
    }
    if (entries == 0) {
      throw new InvalidResult("select returned an empty table" + EXPECTED);
    }
    List<Selection.Choice> choices = new ArrayList<>(entries);
    for (int i = 1; i <= entries; i++) {
      LuaValue value = list.rawget(i);
      if (value.isnil()) {
        throw new InvalidResult(
            "select returned a table that is not a list: [" + i + "] is missing");
      }
      choices.add(choice(value));
    }
    return choices;
  }

  private static Selection.Choice choice(LuaValue value) throws InvalidResult {
    if (value instanceof LuaString string) {
      return new Selection.Choice.Text(text(string));
    }
    if (value instanceof ReadOnlyTable table && isSlot(table)) {
      return new Selection.Choice.Index(table.slotIndex());
    }
    if (value.type() != LuaValue.TNUMBER) {
      throw new InvalidResult("select returned a " + value.typename() + EXPECTED);
    }
    double number = value.todouble();
    int index = (int) number;
    if (index != number) { // neither a fraction, nor too large, nor NaN
      throw new InvalidResult(
          "select returned " + value.tojstring() + " (expected: a whole number)");
    }
    return new Selection.Choice.Index(index);
  }

  /** Whether a value is an entry of {@code backends}. */
  private static boolean isSlot(LuaValue value) {
    return value instanceof ReadOnlyTable table && table.slotIndex() > 0;
  }

  private static String text(LuaString value) throws InvalidResult {
    if (value.m_length == 0) {
      throw new InvalidResult("select returned an empty string" + EXPECTED);
    }
    if (value.m_length > MAX_TEXT_BYTES) {
      throw new InvalidResult("select returned a string of more than " + MAX_TEXT_BYTES + " bytes");
    }
    String text = Messages.decode(value);
    if (text.chars().anyMatch(c -> Character.isISOControl(c) || c == '\uFFFD')) {
      throw new InvalidResult(
          "select returned a string with control characters or broken UTF-8: "
              + Messages.clean(text));
    }
    return text;
  }

  /** Describes an invalid return value. */
  static final class InvalidResult extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidResult(String message) {
      super(message, null, false, false);
    }
  }
}
