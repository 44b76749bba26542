// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.VarArgFunction;

/** What {@code string.gmatch} returns: a function that finds the next match with each call. */
final class MatchIterator extends VarArgFunction {
  private final LuaString text;
  private final LuaString pattern;

  /** The number of the call that created it. */
  private final long call;

  private int from;

  MatchIterator(LuaString text, LuaString pattern, long call) {
    this.name = "gmatch";
    this.text = text;
    this.pattern = pattern;
    this.call = call;
  }

  /** The same in another copy of the script. */
  MatchIterator copy() {
    var copy = new MatchIterator(text, pattern, ScriptTable.LOADING);
    copy.from = from;
    return copy;
  }

  LuaString text() {
    return text;
  }

  LuaString pattern() {
    return pattern;
  }

  @Override
  public Varargs invoke(Varargs values) {
    Monitor monitor = Monitor.current();
    monitor.enterBuiltin();
    try {
      return next(monitor);
    } finally {
      monitor.leaveBuiltin();
    }
  }

  private Varargs next(Monitor monitor) {
    if (monitor.effects().call() != call) {
      monitor.effects().changesOuterVariable();
    }
    var matcher = new PatternMatcher(text, pattern, 0, monitor.meter());
    for (int at = from; at <= text.m_length; at++) {
      int end = matcher.match(at);
      if (end >= 0) {
        from = end == at ? end + 1 : end;
        return matcher.captures(at, end);
      }
    }
    from = text.m_length + 1;
    return LuaValue.NIL;
  }
}
