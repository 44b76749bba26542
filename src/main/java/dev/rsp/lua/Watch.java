// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.DebugLib;

/**
 * The eye on one script: LuaJ shows it every instruction before it runs.
 *
 * <p>It charges the {@link Meter}, follows the {@link Calls}, and notes {@link Effects}. It is a
 * {@link DebugLib} only because that is where LuaJ looks for a hook; the {@code debug} table is
 * never made.
 */
final class Watch extends DebugLib {
  /** Bytes of a table without entries, and of a function: an object of five to seven fields. */
  static final int OBJECT_BYTES = 64;

  /** Bytes of one entry: its object, its number or two references, and the room to grow. */
  static final int ENTRY_BYTES = 64;

  /** Values that are passed or copied for the price of one instruction. */
  private static final int VALUES_PER_INSTRUCTION = 2;

  /** Longest that a number becomes when it is joined to a string. */
  private static final int NUMBER_BYTES = 32;

  private static final int NONE = -1;

  /** The watch of the script that this thread is running, for functions that scripts share. */
  private static final ThreadLocal<@Nullable Watch> CURRENT = new ThreadLocal<>();

  private final Calls calls;
  private final Meter meter;
  private final Effects effects;
  private final List<HostFromPath> hostsFromPaths = new ArrayList<>();
  private boolean quiet;
  private Setting setting = Setting.NONE;
  private final TestLibrary.Declared tests = new TestLibrary.Declared();
  private Calls.Frame frame;
  private @Nullable Slots slots;

  /** Where the instruction before this one put a new table, or {@link #NONE}. */
  private int newTableRegister = NONE;

  Watch(String file, Clock clock) {
    calls = new Calls(file);
    meter = new Meter(calls, clock);
    effects = new Effects(calls);
    frame = calls.leave();
  }

  /**
   * The watch of the script that this thread is running.
   *
   * @throws ExhaustedError if it runs none: a value of a script was used outside of a call
   */
  static Watch current() {
    Watch watch = CURRENT.get();
    if (watch == null) {
      throw new ExhaustedError("a script's function was called after the script had ended");
    }
    return watch;
  }

  /** Begins a call on this thread; {@link #stop} must follow. */
  void start(Allowance allowance) {
    CURRENT.set(this);
    newTableRegister = NONE;
    meter.start(allowance);
  }

  void stop() {
    CURRENT.remove();
    meter.stop();
    effects.stop();
    calls.clear();
  }

  Meter meter() {
    return meter;
  }

  Effects effects() {
    return effects;
  }

  /** What the script declared with {@code host_from_path} so far. */
  List<HostFromPath> hostsFromPaths() {
    return hostsFromPaths;
  }

  Setting setting() {
    return setting;
  }

  void setting(Setting told) {
    setting = told;
  }

  /** Whether what the script logs is not to be written. */
  boolean quiet() {
    return quiet;
  }

  void beQuiet() {
    quiet = true;
  }

  /**
   * Takes over what is known of a script that was started afresh: what it did once, it does again.
   */
  void succeeds(Watch before) {
    quiet = before.quiet;
    effects.succeed(before.effects);
  }

  Calls calls() {
    return calls;
  }

  /** The tests that the script declared. */
  TestLibrary.Declared tests() {
    return tests;
  }

  /** The backends to choose from; null while the file is loading. */
  @Nullable Slots slots() {
    return slots;
  }

  void slots(@Nullable Slots known) {
    slots = known;
  }

  @Override
  public void onCall(LuaFunction function) {}

  @Override
  public void onCall(LuaClosure function, Varargs extra, LuaValue[] registers) {
    frame = calls.enter(function, extra, registers);
  }

  @Override
  public void onReturn() {
    frame = calls.leave();
  }

  /**
   * LuaJ asks for it at every function that an error passes, and puts it on a line of its own: the
   * name of what failed is all that {@link Messages} needs.
   */
  @Override
  public String traceback(int level) {
    meter.spend(1);
    return frame.sourceName(meter);
  }

  @Override
  public void onInstruction(int pc, Varargs open, int top) {
    meter.tick();
    calls.resume();
    int i = frame.at(pc);
    if (newTableRegister != NONE) {
      noteNewTable();
    }
    int a = i >> 6 & 0xff;
    int b = i >>> 23;
    int c = i >> 14 & 0x1ff;
    // The opcodes and their operands are those of Lua 5.2's lopcodes.h.
    switch (i & 0x3f) {
      case Lua.OP_GETTABUP, Lua.OP_GETTABLE, Lua.OP_SELF -> scan(frame.operand(c));
      case Lua.OP_ADD, Lua.OP_SUB, Lua.OP_MUL, Lua.OP_DIV, Lua.OP_MOD, Lua.OP_POW ->
          computeBoth(frame.operand(b), frame.operand(c));
      case Lua.OP_EQ, Lua.OP_LT, Lua.OP_LE -> scanBoth(frame.operand(b), frame.operand(c));
      case Lua.OP_UNM -> compute(frame.register(b));
      case Lua.OP_FORPREP -> {
        computeBoth(frame.register(a), frame.register(a + 1));
        compute(frame.register(a + 2));
      }
      case Lua.OP_SETTABLE -> write(frame.register(a), frame.operand(b));
      case Lua.OP_SETTABUP -> write(frame.upValue(a), frame.operand(b));
      case Lua.OP_SETUPVAL -> effects.changesOuterVariable();
      case Lua.OP_NEWTABLE -> {
        meter.allocate(OBJECT_BYTES + (long) ENTRY_BYTES * (b + c));
        newTableRegister = a;
      }
      case Lua.OP_SETLIST -> meter.allocate((long) ENTRY_BYTES * (b == 0 ? top - a : b));
      case Lua.OP_CLOSURE -> meter.allocate(OBJECT_BYTES);
      case Lua.OP_CONCAT -> concat(b, c);
      case Lua.OP_VARARG -> meter.spend(frame.extraCount() / VALUES_PER_INSTRUCTION);
      case Lua.OP_CALL, Lua.OP_TAILCALL, Lua.OP_RETURN -> {
        if (b == 0) {
          meter.spend(open.narg() / VALUES_PER_INSTRUCTION);
        }
      }
      default -> {}
    }
  }

  private void noteNewTable() {
    if (frame.register(newTableRegister) instanceof LuaTable table) {
      effects.created(table);
    }
    newTableRegister = NONE;
  }

  /** Comparing, hashing and reading as a number take time by length. */
  private void scan(LuaValue value) {
    if (value instanceof LuaString string) {
      meter.scan(string.m_length);
    }
  }

  private void scanBoth(LuaValue one, LuaValue other) {
    scan(one);
    scan(other);
  }

  /** A value is going to be computed with. */
  private void compute(LuaValue value) {
    if (value instanceof LuaString string) {
      meter.scan(string.m_length);
      if (Numerals.isMisread(string)) {
        throw new LuaError("attempt to perform arithmetic on string");
      }
    }
  }

  private void computeBoth(LuaValue one, LuaValue other) {
    compute(one);
    compute(other);
  }

  private void write(LuaValue target, LuaValue key) {
    scan(key);
    writes(target, key);
  }

  /** A value is going to be stored in a table, perhaps in one behind its metatable. */
  void writes(LuaValue target, LuaValue key) {
    effects.changes(target);
    boolean grows =
        !(target instanceof LuaTable table)
            || table.getmetatable() != null
            || table.rawget(key).isnil();
    if (grows) {
      meter.allocate(ENTRY_BYTES);
    }
  }

  private void concat(int first, int last) {
    long bytes = OBJECT_BYTES;
    for (int i = first; i <= last; i++) {
      bytes += frame.register(i) instanceof LuaString s ? s.m_length : NUMBER_BYTES;
    }
    meter.allocate(bytes);
  }
}
