// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.math.BigDecimal;
import java.util.Locale;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/** Lua's {@code string.format}: the directives of C's printf, without {@code %a} and {@code %p}. */
final class StringFormat {
  /** Digits of a width or a precision, as in C Lua. */
  private static final int MAX_DIGITS = 2;

  private static final String FLAGS = "-+ #0";

  private final Args args;
  private final LuaString template;
  private final ByteBuilder result;
  private int at;
  private int argument = 1;

  private StringFormat(Args args) {
    this.args = args;
    this.template = args.string(1);
    this.result = new ByteBuilder(args.meter());
  }

  static LuaString format(Args args) {
    return new StringFormat(args).run();
  }

  private LuaString run() {
    while (at < template.m_length) {
      args.meter().charge(1);
      int c = next();
      if (c != '%') {
        result.append(c);
        continue;
      }
      c = next();
      if (c == '%') {
        result.append('%');
      } else {
        at--;
        directive();
      }
    }
    return result.toLuaString();
  }

  /** The next character, or 0 at the end. */
  private int next() {
    int c = at < template.m_length ? template.luaByte(at) : 0;
    at++;
    return c;
  }

  private void directive() {
    var flags = new StringBuilder();
    int c = next();
    while (c > 0 && FLAGS.indexOf(c) >= 0) {
      if (flags.length() == FLAGS.length()) {
        throw args.error("invalid format (repeated flags)");
      }
      flags.append((char) c);
      c = next();
    }
    at--;
    int width = digits();
    int precision = -1;
    if (next() == '.') {
      precision = Math.max(0, digits());
    } else {
      at--;
    }
    // The time depends on the number of digits.
    args.meter().charge(8);
    var spec = new Spec(flags.toString(), Math.max(0, width), precision, (char) next());
    argument++;
    convert(spec);
  }

  private int digits() {
    int value = -1;
    int start = at;
    for (int c = next(); c >= '0' && c <= '9'; c = next()) {
      value = Math.max(0, value) * 10 + c - '0';
      if (at - start > MAX_DIGITS) {
        throw args.error("invalid format (width or precision too long)");
      }
    }
    at--;
    return value;
  }

  private void convert(Spec spec) {
    switch (spec.conversion) {
      case 'c' -> pad(spec, new byte[] {(byte) args.integer(argument)}, 0, 1);
      case 'd', 'i' -> result.append(spec.number(sign(spec, (double) whole()), decimal(spec)));
      case 'u', 'o', 'x', 'X' -> result.append(spec.number("", radix(spec)));
      case 'e', 'E', 'f', 'F', 'g', 'G' -> floating(spec);
      case 'q' -> quote(args.string(argument));
      case 's' -> string(spec);
      default ->
          throw args.error(
              "invalid option '%" + Messages.clean(spec.conversion + "") + "' to 'format'");
    }
  }

  private long whole() {
    double number = args.number(argument);
    if (Double.isNaN(number) || Math.abs(number) > 0x1p63) {
      throw args.bad(argument, "not a number in proper range");
    }
    return (long) number;
  }

  private String sign(Spec spec, double number) {
    if (number < 0 || (number == 0 && 1 / number < 0)) {
      return "-";
    }
    return spec.has('+') ? "+" : spec.has(' ') ? " " : "";
  }

  private String decimal(Spec spec) {
    long number = whole();
    String digits = Long.toString(number).replace("-", "");
    return Decimals.zeros(spec.precision - digits.length()) + digits;
  }

  private String radix(Spec spec) {
    long number = whole();
    String digits =
        switch (spec.conversion) {
          case 'u' -> Long.toUnsignedString(number);
          case 'o' -> Long.toOctalString(number);
          case 'x' -> Long.toHexString(number);
          default -> Long.toHexString(number).toUpperCase(Locale.ROOT);
        };
    String prefix =
        spec.has('#') && number != 0
            ? spec.conversion == 'o' ? "0" : spec.conversion == 'u' ? "" : "0" + spec.conversion
            : "";
    return prefix + Decimals.zeros(spec.precision - digits.length()) + digits;
  }

  private void floating(Spec spec) {
    double number = args.number(argument);
    String sign = sign(spec, number);
    boolean upper = Character.isUpperCase(spec.conversion);
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      String name = Double.isNaN(number) ? "nan" : "inf";
      String text = sign + (upper ? name.toUpperCase(Locale.ROOT) : name);
      pad(new Spec(spec.flags.replace("0", ""), spec.width, -1, 's'), text);
      return;
    }
    int precision = spec.precision < 0 ? 6 : spec.precision;
    args.meter().charge(Decimals.instructions(number, precision));
    var exact = new BigDecimal(Math.abs(number));
    String digits =
        switch (Character.toLowerCase(spec.conversion)) {
          case 'f' -> Decimals.fixed(exact, precision);
          case 'e' -> Decimals.scientific(exact, precision);
          default -> Decimals.shorter(exact, Math.max(1, precision), spec.has('#'));
        };
    var filled = new Spec(spec.flags, spec.width, -1, spec.conversion);
    result.append(filled.number(sign, upper ? digits.toUpperCase(Locale.ROOT) : digits));
  }

  private void string(Spec spec) {
    LuaString text = BaseLibrary.toText(args.any(argument), args.meter());
    int length = spec.precision < 0 ? text.m_length : Math.min(spec.precision, text.m_length);
    pad(spec, text.m_bytes, text.m_offset, length);
  }

  private void pad(Spec spec, String text) {
    byte[] bytes = LuaValue.valueOf(text).m_bytes;
    pad(spec, bytes, 0, text.length());
  }

  private void pad(Spec spec, byte[] bytes, int offset, int length) {
    String spaces = " ".repeat(Math.max(0, spec.width - length));
    if (!spec.has('-')) {
      result.append(spaces);
    }
    result.append(bytes, offset, length);
    if (spec.has('-')) {
      result.append(spaces);
    }
  }

  private void quote(LuaString text) {
    result.append('"');
    for (int i = 0; i < text.m_length; i++) {
      int c = text.luaByte(i);
      switch (c) {
        case '"', '\\', '\n' -> result.append('\\').append(c);
        default -> {
          if (c >= ' ' && c != 127) {
            result.append(c);
          } else {
            boolean digitNext =
                i + 1 < text.m_length && Character.isDigit((char) text.luaByte(i + 1));
            String number = Integer.toString(c);
            result.append("\\" + (digitNext ? Decimals.zeros(3 - number.length()) : "") + number);
          }
        }
      }
    }
    result.append('"');
  }

  /** One parsed directive. */
  private record Spec(String flags, int width, int precision, char conversion) {
    boolean has(char flag) {
      return flags.indexOf(flag) >= 0;
    }

    /** A sign and digits, padded to the width. */
    String number(String sign, String digits) {
      int missing = Math.max(0, width - sign.length() - digits.length());
      if (has('-')) {
        return sign + digits + " ".repeat(missing);
      }
      return has('0') && precision < 0
          ? sign + "0".repeat(missing) + digits
          : " ".repeat(missing) + sign + digits;
    }
  }
}
