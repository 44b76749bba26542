// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.TwoArgFunction;
import org.luaj.vm2.lib.jse.JseMathLib;

/** LuaJ's {@code math}, which is stateless, with fixes and our own random numbers. */
final class MathLibrary {
  private MathLibrary() {}

  /** Creates a table; {@code random} uses the {@link RandomNumbers} of the script that calls it. */
  static LuaTable create() {
    LuaTable library = load(new JseMathLib(), "math");
    // LuaJ's ignores the base.
    Builtin.define(library, "log", MathLibrary::log);
    // LuaJ's is wrong for large exponents.
    Builtin.define(library, "ldexp", a -> LuaValue.valueOf(Math.scalb(a.number(1), a.integer(2))));
    Builtin.define(library, "log10", a -> LuaValue.valueOf(Math.log10(a.number(1))));
    // LuaJ's subtract a rounded multiple.
    Builtin.define(library, "fmod", a -> LuaValue.valueOf(a.number(1) % a.number(2)));
    Builtin.define(library, "modf", MathLibrary::parts);
    Builtin.define(library, "random", MathLibrary::random);
    Builtin.define(
        library,
        "randomseed",
        a -> {
          a.monitor().effects().changesOuterVariable();
          a.monitor().seed(Double.doubleToLongBits(a.number(1)));
          return LuaValue.NONE;
        });
    return library;
  }

  private static Varargs log(Args args) {
    double number = Math.log(args.number(1));
    return LuaValue.valueOf(args.missing(2) ? number : number / Math.log(args.number(2)));
  }

  private static Varargs parts(Args args) {
    double number = args.number(1);
    double whole = number < 0 ? Math.ceil(number) : Math.floor(number);
    double fraction = Double.isInfinite(number) ? 0 : number - whole;
    return LuaValue.varargsOf(LuaValue.valueOf(whole), LuaValue.valueOf(fraction));
  }

  private static Varargs random(Args args) {
    RandomNumbers source = args.monitor().random();
    args.monitor().effects().readMoreThanHost();
    if (args.count() == 0) {
      return LuaValue.valueOf(source.nextDouble());
    }
    if (args.count() > 2) {
      throw args.error("wrong number of arguments");
    }
    int from = args.count() == 1 ? 1 : args.integer(1);
    int to = args.integer(args.count() == 1 ? 1 : 2);
    if (to < from) {
      throw args.bad(Math.min(2, args.count()), "interval is empty");
    }
    return LuaValue.valueOf((double) source.nextLong(from, to + 1L));
  }

  /**
   * Loads the table of a LuaJ library, which stores it both in the globals and in {@code package}.
   * Its functions take only numbers, and strings that are converted to numbers.
   */
  private static LuaTable load(TwoArgFunction library, String name) {
    var scratch = new LuaTable();
    var packages = new LuaTable();
    packages.set("loaded", new LuaTable());
    scratch.set("package", packages);
    library.call(LuaValue.valueOf(name), scratch);
    LuaTable made = scratch.get(name).checktable();
    for (LuaValue key : made.keys()) {
      LuaValue function = made.rawget(key);
      if (function.isfunction()) {
        Builtin.define(
            made,
            key.tojstring(),
            args -> {
              args.number(1); // LuaJ's message does not name the function
              return function.invoke(args.numbers());
            });
      }
    }
    return made;
  }
}
