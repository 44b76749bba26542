// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/** The {@code string} functions that use patterns. */
final class PatternLibrary {
  private static final String SPECIALS = "^$*+?.([%-";

  private PatternLibrary() {}

  static void install(LuaTable library) {
    Builtin.define(library, "find", a -> search(a, true));
    Builtin.define(library, "gmatch", PatternLibrary::matches);
    Builtin.define(library, "gsub", PatternLibrary::substitute);
    Builtin.define(library, "match", a -> search(a, false));
  }

  private static Varargs search(Args args, boolean find) {
    LuaString text = args.string(1);
    LuaString pattern = args.string(2);
    int from = Math.max(1, Args.fromStart(args.integer(3, 1), text.m_length)) - 1;
    if (from > text.m_length) {
      return LuaValue.NIL;
    }
    if (find && (args.value(4).toboolean() || isPlain(pattern, args.meter()))) {
      int at = indexOf(text, pattern, from, args.meter());
      return at < 0
          ? LuaValue.NIL
          : LuaValue.varargsOf(LuaValue.valueOf(at + 1), LuaValue.valueOf(at + pattern.m_length));
    }
    boolean anchored = isAnchored(pattern);
    var matcher = new PatternMatcher(text, pattern, anchored ? 1 : 0, args.meter());
    for (int at = from; at <= text.m_length; at++) {
      int end = matcher.match(at);
      if (end >= 0) {
        return find ? positionAndCaptures(matcher, at, end) : matcher.captures(at, end);
      }
      if (anchored) {
        break;
      }
    }
    return LuaValue.NIL;
  }

  private static Varargs matches(Args args) {
    LuaString text = args.string(1);
    LuaString pattern = args.string(2);
    args.meter().allocate(Monitor.OBJECT_BYTES);
    return new MatchIterator(text, pattern, args.monitor().effects().call());
  }

  private static Varargs substitute(Args args) {
    LuaString text = args.string(1);
    LuaString pattern = args.string(2);
    var replacement = new Replacement(args, 3);
    int most = args.integer(4, text.m_length + 1);
    boolean anchored = isAnchored(pattern);
    var matcher = new PatternMatcher(text, pattern, anchored ? 1 : 0, args.meter());
    var result = new ByteBuilder(args.meter());
    int at = 0;
    int count = 0;
    while (count < most) {
      int end = matcher.match(at);
      if (end >= 0) {
        count++;
        replacement.append(result, matcher, at, end);
      }
      if (end > at) {
        at = end;
      } else if (at < text.m_length) {
        result.append(text.luaByte(at++));
      } else {
        break;
      }
      if (anchored) {
        break;
      }
    }
    if (at < text.m_length) {
      result.append(text.m_bytes, text.m_offset + at, text.m_length - at);
    }
    return LuaValue.varargsOf(result.toLuaString(), LuaValue.valueOf(count));
  }

  private static boolean isAnchored(LuaString pattern) {
    return pattern.m_length > 0 && pattern.luaByte(0) == '^';
  }

  private static boolean isPlain(LuaString pattern, Meter meter) {
    meter.scan(pattern.m_length);
    for (int i = 0; i < pattern.m_length; i++) {
      if (SPECIALS.indexOf(pattern.luaByte(i)) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static int indexOf(LuaString text, LuaString part, int from, Meter meter) {
    for (int at = from; at <= text.m_length - part.m_length; at++) {
      int same = 0;
      while (same < part.m_length && text.luaByte(at + same) == part.luaByte(same)) {
        same++;
      }
      if (same == part.m_length) {
        return at;
      }
      // A quarter of an instruction per position, plus the compared bytes.
      meter.charge((at & 3) == 0 ? 1 : 0);
      meter.scan(same);
    }
    return -1;
  }

  private static Varargs positionAndCaptures(PatternMatcher matcher, int from, int to) {
    var values = new LuaValue[2 + matcher.ownCaptureCount()];
    values[0] = LuaValue.valueOf(from + 1);
    values[1] = LuaValue.valueOf(to);
    for (int i = 2; i < values.length; i++) {
      values[i] = matcher.capture(i - 2, from, to);
    }
    return LuaValue.varargsOf(values);
  }

  /** The replacement of {@code gsub}: a string with {@code %1}, a table or a function. */
  private static final class Replacement {
    private final Args args;
    private final LuaValue value;

    Replacement(Args args, int i) {
      this.args = args;
      LuaValue given = args.value(i);
      boolean usable = given.isstring() || given.istable() || given.isfunction();
      if (!usable) {
        throw args.bad(i, "string, function or table expected, got " + given.typename());
      }
      value = given.isstring() ? NumberText.of(given, args.meter()) : given;
    }

    void append(ByteBuilder result, PatternMatcher matcher, int from, int to) {
      if (value instanceof LuaString template) {
        appendTemplate(result, template, matcher, from, to);
        return;
      }
      LuaValue by =
          value.istable()
              ? value.get(matcher.capture(0, from, to))
              : value.invoke(matcher.captures(from, to)).arg1();
      if (by.isstring()) {
        result.append(NumberText.of(by, args.meter()));
      } else if (!by.toboolean()) {
        result.append(matcher.whole(from, to));
      } else {
        throw args.error("invalid replacement value (a " + by.typename() + ")");
      }
    }

    private void appendTemplate(
        ByteBuilder result, LuaString template, PatternMatcher matcher, int from, int to) {
      args.meter().charge(template.m_length);
      for (int i = 0; i < template.m_length; i++) {
        int c = template.luaByte(i);
        if (c != '%') {
          result.append(c);
          continue;
        }
        c = ++i < template.m_length ? template.luaByte(i) : 0;
        if (c == '0') {
          result.append(matcher.whole(from, to));
        } else if (c >= '1' && c <= '9') {
          result.append(matcher.capture(c - '1', from, to).strvalue());
        } else if (c == '%') {
          result.append(c);
        } else {
          throw args.error("invalid use of '%' in replacement string");
        }
      }
    }
  }
}
