// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * Matches a Lua 5.2 pattern against one subject.
 *
 * <p>Every step is charged, because a pattern of twenty characters can take exponential time.
 * Offsets are those of the byte arrays.
 */
final class PatternMatcher {
  /** As in C Lua (MAXCCALLS of lstrlib.c): maximum recursion depth for backtracking. */
  private static final int MAX_DEPTH = 200;

  private static final int NO_MATCH = -1;

  private final Meter meter;
  private final byte[] text;
  private final int textStart;
  private final int textEnd;
  private final byte[] pattern;
  private final int patternStart;
  private final int patternEnd;
  private final CharacterClass classes;
  private final Captures captures = new Captures();
  private int depth;

  /**
   * Creates a matcher.
   *
   * @param skip bytes of the pattern to skip: 1 for an anchor that the caller handles
   */
  PatternMatcher(LuaString text, LuaString pattern, int skip, Meter meter) {
    this.meter = meter;
    this.text = text.m_bytes;
    this.textStart = text.m_offset;
    this.textEnd = text.m_offset + text.m_length;
    this.pattern = pattern.m_bytes;
    this.patternStart = pattern.m_offset + skip;
    this.patternEnd = pattern.m_offset + pattern.m_length;
    this.classes = new CharacterClass(this.pattern, patternEnd);
  }

  /**
   * Matches at one position only.
   *
   * @param from position in the subject, from 0
   * @return end position of the match, or -1 if there is none
   */
  int match(int from) {
    meter.charge(1);
    captures.clear();
    depth = 0;
    int end = match(textStart + from, patternStart);
    return end == NO_MATCH ? NO_MATCH : end - textStart;
  }

  /** Number of values for {@link #capture}: the captures, or the whole match if there are none. */
  int captureCount() {
    return Math.max(1, captures.count());
  }

  /** Number of captures of the pattern. */
  int ownCaptureCount() {
    return captures.count();
  }

  /**
   * The value of a capture of the last match.
   *
   * @param i index, from 0
   * @param from start of the whole match
   * @param to end of the whole match
   */
  LuaValue capture(int i, int from, int to) {
    if (i >= captures.count()) {
      if (i > 0) {
        throw new LuaError("invalid capture index");
      }
      return whole(from, to);
    }
    return switch (captures.length(i)) {
      case Captures.OPEN -> throw new LuaError("unfinished capture");
      case Captures.POSITION -> LuaValue.valueOf(captures.start(i) - textStart + 1);
      default -> slice(captures.start(i), captures.length(i));
    };
  }

  /** The captures of the last match, or the whole match if there are none. */
  Varargs captures(int from, int to) {
    var values = new LuaValue[captureCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = capture(i, from, to);
    }
    return LuaValue.varargsOf(values);
  }

  /** The subject between two positions. */
  LuaString whole(int from, int to) {
    return slice(textStart + from, to - from);
  }

  private LuaString slice(int start, int length) {
    meter.allocate(length);
    return LuaString.valueOf(text, start, length);
  }

  /** Matches the pattern from {@code p} on at {@code t}; returns the end of the match. */
  private int match(int t, int p) {
    if (++depth > MAX_DEPTH) {
      throw new LuaError("pattern too complex");
    }
    int end = matchItems(t, p);
    depth--;
    return end;
  }

  private int matchItems(int t, int p) {
    while (p < patternEnd) {
      meter.charge(1);
      switch (pattern[p]) {
        case '(' -> {
          boolean position = p + 1 < patternEnd && pattern[p + 1] == ')';
          return position
              ? withCapture(t, p + 2, Captures.POSITION)
              : withCapture(t, p + 1, Captures.OPEN);
        }
        case ')' -> {
          return withCaptureClosed(t, p + 1);
        }
        case '$' -> {
          if (p + 1 == patternEnd) {
            return t == textEnd ? t : NO_MATCH;
          }
        }
        default -> {}
      }
      if (isSpecialEscape(p)) {
        t = matchEscape(t, p);
        if (t == NO_MATCH) {
          return NO_MATCH;
        }
        p = afterEscape(p);
        continue;
      }
      int itemEnd = classes.end(p);
      meter.scan(itemEnd - p);
      switch (itemEnd < patternEnd ? pattern[itemEnd] : 0) {
        case '*' -> {
          return longest(t, p, itemEnd, 0);
        }
        case '+' -> {
          return longest(t, p, itemEnd, 1);
        }
        case '-' -> {
          return shortest(t, p, itemEnd);
        }
        case '?' -> {
          if (matchesOne(t, p, itemEnd)) {
            int end = match(t + 1, itemEnd + 1);
            if (end != NO_MATCH) {
              return end;
            }
          }
          p = itemEnd + 1;
        }
        default -> {
          if (!matchesOne(t, p, itemEnd)) {
            return NO_MATCH;
          }
          t++;
          p = itemEnd;
        }
      }
    }
    return t;
  }

  private boolean matchesOne(int t, int p, int itemEnd) {
    if (t >= textEnd) {
      return false;
    }
    meter.charge(1);
    if (itemEnd - p > 2) {
      meter.scan(itemEnd - p);
    }
    return classes.matches(text[t] & 0xff, p, itemEnd);
  }

  private int longest(int t, int p, int itemEnd, int least) {
    int count = 0;
    while (matchesOne(t + count, p, itemEnd)) {
      count++;
    }
    for (; count >= least; count--) {
      int end = match(t + count, itemEnd + 1);
      if (end != NO_MATCH) {
        return end;
      }
    }
    return NO_MATCH;
  }

  private int shortest(int t, int p, int itemEnd) {
    for (int at = t; ; at++) {
      int end = match(at, itemEnd + 1);
      if (end != NO_MATCH) {
        return end;
      }
      if (!matchesOne(at, p, itemEnd)) {
        return NO_MATCH;
      }
    }
  }

  private int withCapture(int t, int p, int length) {
    captures.add(t, length);
    int end = match(t, p);
    if (end == NO_MATCH) {
      captures.removeLast();
    }
    return end;
  }

  private int withCaptureClosed(int t, int p) {
    int closed = captures.closeAt(t);
    int end = match(t, p);
    if (end == NO_MATCH) {
      captures.reopen(closed);
    }
    return end;
  }

  /** Whether {@code %b}, {@code %f} or {@code %1} starts here; these allow no suffix. */
  private boolean isSpecialEscape(int p) {
    if (pattern[p] != '%' || p + 1 == patternEnd) {
      return false;
    }
    byte kind = pattern[p + 1];
    return kind == 'b' || kind == 'f' || (kind >= '0' && kind <= '9');
  }

  private int matchEscape(int t, int p) {
    return switch (pattern[p + 1]) {
      case 'b' -> balanced(t, p + 2);
      case 'f' -> frontier(t, p + 2) ? t : NO_MATCH;
      default -> backReference(t, pattern[p + 1] - '1');
    };
  }

  private int afterEscape(int p) {
    return switch (pattern[p + 1]) {
      case 'b' -> p + 4;
      case 'f' -> classes.end(p + 2);
      default -> p + 2;
    };
  }

  @SuppressWarnings("OrphanedFormatString") // the wording is C Lua's
  private int balanced(int t, int p) {
    if (p + 1 >= patternEnd) {
      throw new LuaError("malformed pattern (missing arguments to '%b')");
    }
    if (t >= textEnd || text[t] != pattern[p]) {
      return NO_MATCH;
    }
    int open = 1;
    for (int at = t + 1; at < textEnd; at++) {
      meter.charge(1);
      // Check the closing one first: both may be the same character.
      if (text[at] == pattern[p + 1]) {
        if (--open == 0) {
          return at + 1;
        }
      } else if (text[at] == pattern[p]) {
        open++;
      }
    }
    return NO_MATCH;
  }

  /** Whether the frontier {@code %f} matches; both ends of the subject count as a zero byte. */
  @SuppressWarnings("OrphanedFormatString") // the wording is C Lua's
  private boolean frontier(int t, int p) {
    if (p >= patternEnd || pattern[p] != '[') {
      throw new LuaError("missing '[' after '%f' in pattern");
    }
    int end = classes.end(p);
    meter.scan(end - p);
    int before = t == textStart ? 0 : text[t - 1] & 0xff;
    int here = t == textEnd ? 0 : text[t] & 0xff;
    return !classes.matches(before, p, end) && classes.matches(here, p, end);
  }

  private int backReference(int t, int i) {
    if (!captures.isClosed(i)) {
      throw new LuaError("invalid capture index %" + (i + 1));
    }
    int length = Math.max(0, captures.length(i));
    meter.scan(length);
    boolean same =
        length <= textEnd - t && LuaString.equals(text, captures.start(i), text, t, length);
    return same ? t + length : NO_MATCH;
  }
}
