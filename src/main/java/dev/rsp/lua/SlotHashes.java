// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.SlotTables;
import dev.rsp.hash.XxHash64;
import java.util.BitSet;
import java.util.Set;
import java.util.function.IntPredicate;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.Varargs;

/** The {@code hash} functions that choose among the file's backends, by their names and weights. */
final class SlotHashes {
  /** The hash of the key that these functions, and some of {@link HashLibrary}, begin with. */
  static final Effects.Hash XXH64 = (key, offset, length) -> XxHash64.hash(key, offset, length, 0);

  private static final Set<String> NAMES = Set.of("rendezvous", "ring", "maglev", "bounded");

  private static final LuaString WEIGHT = LuaValue.valueOf("weight");

  private SlotHashes() {}

  static void define(LuaTable library) {
    Builtin.define(library, "rendezvous", SlotHashes::rendezvous);
    Builtin.define(library, "ring", SlotHashes::ring);
    Builtin.define(library, "maglev", SlotHashes::maglev);
    Builtin.define(library, "bounded", SlotHashes::bounded);
  }

  /** Builds the tables that a program may use. */
  static void prepare(SlotTables tables, Prototype program) {
    for (String name : HashUses.in(program, NAMES)) {
      switch (name) {
        case "rendezvous" -> tables.rendezvous();
        case "ring" -> tables.ring();
        case "maglev" -> tables.maglev();
        default -> tables.bounded();
      }
    }
  }

  /** Whether a program may call one of these functions, or read a field {@code weight}. */
  static boolean readsWeights(Prototype program) {
    return !HashUses.in(program, NAMES).isEmpty() || readsField(program, WEIGHT);
  }

  private static boolean readsField(Prototype function, LuaString name) {
    for (int at = 0; at < function.code.length; at++) {
      int instruction = function.code[at];
      boolean reads =
          !ListCount.is(function, at)
              && Lua.GET_OPCODE(instruction) == Lua.OP_GETTABLE
              && Lua.ISK(Lua.GETARG_C(instruction))
              && name.raweq(function.k[Lua.INDEXK(Lua.GETARG_C(instruction))]);
      if (reads) {
        return true;
      }
    }
    for (Prototype inner : function.p) {
      if (readsField(inner, name)) {
        return true;
      }
    }
    return false;
  }

  private static Varargs rendezvous(Args args) {
    LuaString key = key(args);
    SlotTables tables = slots(args).tables();
    IntPredicate among = among(args, 2, tables);
    args.meter().charge(tables.count());
    return found(args, tables.rendezvous().index(key.m_bytes, key.m_offset, key.m_length, among));
  }

  private static Varargs ring(Args args) {
    LuaString key = key(args);
    SlotTables tables = slots(args).tables();
    all(args);
    return found(args, tables.ring().index(key.m_bytes, key.m_offset, key.m_length));
  }

  private static Varargs maglev(Args args) {
    LuaString key = key(args);
    SlotTables tables = slots(args).tables();
    all(args);
    return found(args, tables.maglev().index(key.m_bytes, key.m_offset, key.m_length));
  }

  private static Varargs bounded(Args args) {
    LuaString key = key(args);
    double factor = args.number(2);
    if (!(factor >= 1)) {
      throw args.bad(2, "number from 1 expected, got " + args.value(2).tojstring());
    }
    Slots slots = slots(args);
    SlotTables tables = slots.tables();
    IntPredicate among = among(args, 3, tables);
    // The load changes with every request.
    args.monitor().effects().readMoreThanHost();
    args.meter().charge(2L * tables.count());
    args.meter().allocate((long) Integer.BYTES * tables.count());
    return found(
        args,
        tables
            .bounded()
            .index(key.m_bytes, key.m_offset, key.m_length, factor, slots.inFlight(), among));
  }

  private static LuaString key(Args args) {
    LuaString key = args.string(1);
    args.meter().scan(key.m_length);
    return key;
  }

  private static Slots slots(Args args) {
    Slots slots = args.monitor().slots();
    if (slots == null) {
      throw args.error(
          "hash."
              + args.function()
              + " is for select: the backends are not known while the file"
              + " is loading");
    }
    return slots;
  }

  /** Refuses a list argument: ring and maglev use one table of all backends. */
  private static void all(Args args) {
    if (!args.missing(2)) {
      throw args.bad(2, "no list expected: only rendezvous and bounded take one");
    }
  }

  /** The backends in a list of names and indexes, or all if there is none. */
  private static IntPredicate among(Args args, int i, SlotTables tables) {
    if (args.missing(i)) {
      return index -> true;
    }
    LuaTable list = args.table(i);
    int length = list.rawlen();
    args.meter().charge(length);
    args.meter().allocate(tables.count() / Byte.SIZE);
    var among = new BitSet();
    for (int at = 1; at <= length; at++) {
      among.set(index(args, i, list.rawget(at), tables));
    }
    return among::get;
  }

  private static int index(Args args, int i, LuaValue value, SlotTables tables) {
    int index = 0;
    if (value instanceof LuaString name) {
      args.meter().scan(name.m_length);
      index = tables.index(Messages.decode(name));
    } else if (value.isinttype() && value.toint() >= 1 && value.toint() <= tables.count()) {
      index = value.toint();
    }
    if (index == 0) {
      throw args.bad(
          i, "names or indexes of backends expected, got " + Messages.clean(value.tojstring()));
    }
    return index;
  }

  private static Varargs found(Args args, int index) {
    if (index == 0) {
      throw args.error("hash." + args.function() + ": none of these backends has a weight");
    }
    int n = slots(args).tables().count();
    args.monitor().effects().hashed(args.function(), key(args), n, false, XXH64);
    return LuaValue.valueOf(index);
  }
}
