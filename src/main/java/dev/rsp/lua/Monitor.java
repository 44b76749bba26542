// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.log.RateLimit;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaInteger;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.DebugLib;

/**
 * LuaJ's instruction hook for one script: LuaJ calls it before every instruction.
 *
 * <p>It charges the {@link Meter}, tracks the {@link LuaStack} and records {@link Effects}. It is a
 * {@link DebugLib} only because LuaJ requires that for a hook; the {@code debug} table is never
 * created.
 */
final class Monitor extends DebugLib {
  /** Bytes of a table without entries, and of a function: an object of five to seven fields. */
  static final int OBJECT_BYTES = 64;

  /** Bytes of a variable outside a function, and of the reference to it. */
  private static final int VARIABLE_BYTES = 32;

  /** Bytes of one entry: its object, its number or two references, and spare capacity. */
  static final int ENTRY_BYTES = 64;

  /**
   * Instructions charged for a library function in addition to the call itself, for wrapping and
   * checking the arguments.
   */
  private static final int BUILTIN_INSTRUCTIONS = 4;

  /** Values passed or copied that cost one instruction. */
  private static final int VALUES_PER_INSTRUCTION = 2;

  /** Instructions for each call inside which an error is raised. */
  private static final int TRACE_INSTRUCTIONS = 10;

  /** Registers cleared or compared that cost one instruction. */
  private static final int REGISTERS_PER_INSTRUCTION = 16;

  /** Longest text of a number in a concatenation. */
  private static final int NUMBER_BYTES = 32;

  private static final int NONE = -1;

  /** The {@link Operands} of the previous instruction are to be restored. */
  private static final int RESTORE = -2;

  /** The metamethods of the arithmetic instructions, in the order of their numbers. */
  private static final LuaValue[] TAGS = {
    LuaValue.ADD, LuaValue.SUB, LuaValue.MUL, LuaValue.DIV, LuaValue.MOD, LuaValue.POW
  };

  /** Names that are remembered: more are not reported one by one. */
  private static final int MAX_UNDEFINED_READS = 1_000;

  /** As C Lua, whose numbers are those of srand(1) until a script calls randomseed. */
  private static final long LOADING_SEED = 1;

  /** The monitor of the script that this thread runs, for functions that scripts share. */
  private static final ThreadLocal<@Nullable Monitor> CURRENT = new ThreadLocal<>();

  private final LuaStack calls;
  private final Meter meter;
  private final Effects effects;
  private final Operands operands;
  private final List<HostFromPath> hostsFromPaths = new ArrayList<>();
  private final Set<String> undefinedReads = new HashSet<>();
  private boolean logMuted;
  private ScriptContext context = ScriptContext.NONE;
  private final DeclaredTests tests = new DeclaredTests();
  private LuaStack.Frame frame;
  private @Nullable Slots slots;
  private final RateLimit logLimit = new RateLimit();
  private Globals scope = new Globals();

  /** The table of the methods of strings. */
  private LuaTable strings = new LuaTable();

  /**
   * The source of {@code math.random}. While the file loads, its seed is a constant: each copy of
   * the script gets the same numbers, also on another machine, and an edit elsewhere in the file
   * does not change them.
   */
  private RandomNumbers random = new RandomNumbers(LOADING_SEED);

  private boolean seeded;

  /**
   * The register in which the previous instruction stored a new object, {@link #RESTORE}, or {@link
   * #NONE}: one field, because each instruction reads it.
   */
  private int newRegister = NONE;

  /** How many tables and functions the script has created. */
  private int serial;

  Monitor(String file, Clock clock) {
    calls = new LuaStack(file);
    meter = new Meter(calls, clock);
    effects = new Effects(calls);
    operands = new Operands(meter);
    frame = calls.leave();
  }

  /**
   * The monitor of the script that this thread runs.
   *
   * @throws ExhaustedError if it runs none: a value of a script was used outside a call
   */
  static Monitor current() {
    Monitor monitor = CURRENT.get();
    if (monitor == null) {
      throw new ExhaustedError("a script's function was called after the script had ended");
    }
    return monitor;
  }

  /** Begins a call on this thread; {@link #stop} must follow. */
  void start(Budget budget) {
    CURRENT.set(this);
    newRegister = NONE;
    operands.clear();
    meter.start(budget);
  }

  void stop() {
    CURRENT.set(null); // the entry stays for the next call of this thread
    meter.stop();
    calls.clear();
  }

  /** Begins a library function; {@link #leaveBuiltin} must follow. */
  void enterBuiltin() {
    meter.charge(BUILTIN_INSTRUCTIONS);
    calls.enterBuiltin();
  }

  void leaveBuiltin() {
    calls.leaveBuiltin();
  }

  Meter meter() {
    return meter;
  }

  Effects effects() {
    return effects;
  }

  /** The rules that the script has declared with {@code host_from_path}. */
  List<HostFromPath> hostsFromPaths() {
    return hostsFromPaths;
  }

  ScriptContext context() {
    return context;
  }

  void context(ScriptContext newContext) {
    context = newContext;
  }

  /** Whether the script's log lines are discarded. */
  boolean isLogMuted() {
    return logMuted;
  }

  void muteLog() {
    logMuted = true;
  }

  /**
   * Takes over the state flags of a script that was restarted, because it will keep state again.
   */
  void inherit(Monitor before) {
    logMuted = before.logMuted;
    effects.inherit(before.effects);
  }

  /** The table of the methods of strings: {@code string}, as the script was given it. */
  LuaTable strings() {
    return strings;
  }

  void strings(LuaTable methods) {
    strings = methods;
  }

  LuaStack calls() {
    return calls;
  }

  /** The tests that the script declared. */
  DeclaredTests tests() {
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
    // LuaJ clears all registers of each call.
    meter.charge(registers.length / REGISTERS_PER_INSTRUCTION);
    frame = calls.enter(function, extra, registers);
  }

  @Override
  public void onReturn() {
    frame = calls.leave();
  }

  /**
   * LuaJ calls it for every function that an error passes and adds the result as a line. {@link
   * Messages} needs only the name of the value that failed.
   */
  @Override
  public String traceback(int level) {
    // An error of LuaJ has a trace of the Java stack, which has some frames for each call.
    meter.charge(TRACE_INSTRUCTIONS * (long) calls.depth());
    // SourceName searches backwards from the current instruction.
    meter.charge(frame.pc() / 4);
    LuaStack.Frame tailCaller = calls.tailCaller();
    LuaStack.Frame failed = tailCaller == null ? frame : tailCaller;
    return failed.indexesTable() ? "" : SourceName.of(failed.prototype(), failed.pc());
  }

  @Override
  public void onInstruction(int pc, Varargs open, int top) {
    meter.charge(1);
    calls.resume();
    int i = frame.at(pc);
    if (newRegister != NONE) {
      finishPrevious();
    }
    int a = i >> 6 & 0xff;
    int b = i >>> 23;
    int c = i >> 14 & 0x1ff;
    // The opcodes and their operands are those of Lua 5.2's lopcodes.h.
    switch (i & 0x3f) {
      case Lua.OP_GETTABUP -> {
        scan(frame.operand(c));
        if (!effects.serving()) {
          readWhileLoading(frame.upValue(b), frame.operand(c));
        }
      }
      case Lua.OP_GETTABLE, Lua.OP_SELF -> scan(frame.operand(c));
      case Lua.OP_ADD, Lua.OP_SUB, Lua.OP_MUL, Lua.OP_DIV, Lua.OP_MOD, Lua.OP_POW ->
          compute(a, b, c, i & 0x3f);
      case Lua.OP_EQ -> scanBoth(frame.operand(b), frame.operand(c));
      case Lua.OP_LT -> compare(b, c, false);
      case Lua.OP_LE -> compare(b, c, true);
      case Lua.OP_UNM -> compute(a, b, b, Lua.OP_UNM);
      case Lua.OP_FORPREP -> {
        operands.replaceNumeral(frame, a);
        operands.replaceNumeral(frame, a + 1);
        operands.replaceNumeral(frame, a + 2);
      }
      case Lua.OP_SETTABLE -> writes(frame.register(a), frame.operand(b));
      case Lua.OP_SETTABUP -> writes(frame.upValue(a), frame.operand(b));
      case Lua.OP_SETUPVAL -> {
        if (!ScriptClosure.owns(frame.function(), b, effects.call())) {
          effects.changesOuterVariable();
        }
      }
      case Lua.OP_NEWTABLE -> {
        meter.allocate(OBJECT_BYTES + (long) ENTRY_BYTES * (b + c));
        newRegister = a;
      }
      case Lua.OP_SETLIST -> meter.allocate((long) ENTRY_BYTES * (b == 0 ? top - a : b));
      case Lua.OP_CLOSURE -> {
        meter.allocate(OBJECT_BYTES);
        createFunction(frame.prototype().p[i >>> 14].upvalues.length);
        newRegister = a;
      }
      case Lua.OP_LOADNIL -> meter.charge(b / REGISTERS_PER_INSTRUCTION);
      case Lua.OP_JMP -> {
        if (a > 0) { // closes variables: LuaJ searches all registers
          meter.charge(frame.registers() / REGISTERS_PER_INSTRUCTION);
        }
      }
      case Lua.OP_CONCAT -> concat(a, b, c);
      case Lua.OP_VARARG ->
          meter.charge(frame.extraCount() / VALUES_PER_INSTRUCTION + b / REGISTERS_PER_INSTRUCTION);
      case Lua.OP_TFORCALL -> meter.charge(c / REGISTERS_PER_INSTRUCTION);
      case Lua.OP_CALL, Lua.OP_TAILCALL, Lua.OP_RETURN -> {
        meter.charge((b + c) / REGISTERS_PER_INSTRUCTION);
        if (b == 0) {
          meter.charge(open.narg() / VALUES_PER_INSTRUCTION);
        }
      }
      default -> {}
    }
  }

  /** LuaJ searches the registers for each outer variable of a new function. */
  private void createFunction(int outerVariables) {
    meter.allocate((long) VARIABLE_BYTES * outerVariables);
    meter.charge((long) outerVariables * frame.registers() / REGISTERS_PER_INSTRUCTION);
  }

  /** Numbers, the common case, need no call of another class. */
  private void compute(int target, int b, int c, int opcode) {
    if (!isNumber(frame.operand(b)) || !isNumber(frame.operand(c))) {
      LuaValue tag = opcode == Lua.OP_UNM ? LuaValue.UNM : TAGS[opcode - Lua.OP_ADD];
      operands.compute(frame, target, b, c, tag);
      noteReplaced();
    }
  }

  private void compare(int b, int c, boolean orEqual) {
    if (!isNumber(frame.operand(b)) || !isNumber(frame.operand(c))) {
      operands.compare(frame, b, c, orEqual);
      noteReplaced();
    }
  }

  /** The class without subclasses is compared faster than the abstract one. */
  private static boolean isNumber(LuaValue value) {
    return value instanceof LuaInteger || value instanceof LuaNumber;
  }

  private void noteReplaced() {
    if (operands.isPending()) {
      newRegister = RESTORE;
    }
  }

  private void finishPrevious() {
    if (newRegister == RESTORE) {
      newRegister = NONE;
      operands.restore(frame);
    } else {
      replaceNew();
    }
  }

  /** Puts our own objects in place of those that the previous instruction created. */
  private void replaceNew() {
    LuaValue created = frame.register(newRegister);
    if (created instanceof LuaClosure closure) {
      frame.register(
          newRegister,
          ScriptClosure.of(closure, frame.function(), scope, serial++, effects.call()));
    } else if (created instanceof LuaTable) {
      frame.register(newRegister, newTable());
    }
    newRegister = NONE;
  }

  /** A new table of the current call. */
  ScriptTable newTable() {
    return new ScriptTable(serial++, effects.call());
  }

  private void readWhileLoading(LuaValue table, LuaValue name) {
    if (scope.raweq(table)
        && name instanceof LuaString text
        && undefinedReads.size() < MAX_UNDEFINED_READS
        && scope.rawget(text).isnil()) {
      undefinedReads.add(Messages.decode(text));
    }
  }

  /** The globals that the file read while it was loading, at a moment when they were not set. */
  Set<String> undefinedReads() {
    return undefinedReads;
  }

  /** Charges for comparing, hashing or converting to a number, by length. */
  void scan(LuaValue value) {
    if (value instanceof LuaString string) {
      meter.scan(string.m_length);
    }
  }

  private void scanBoth(LuaValue one, LuaValue other) {
    scan(one);
    scan(other);
  }

  /** Charges an assignment to a table, or to a table behind its metatable. */
  void writes(LuaValue target, LuaValue key) {
    scan(key);
    effects.changes(target);
    boolean grows =
        !(target instanceof LuaTable table)
            || table.getmetatable() != null
            || table.rawget(key).isnil();
    if (grows) {
      meter.allocate(ENTRY_BYTES);
    }
  }

  /**
   * Sets the globals of the script, to which its new functions belong. Once, before the file runs.
   */
  void scope(Globals globals) {
    scope = globals;
  }

  /** The source of random numbers. */
  RandomNumbers random() {
    return random;
  }

  /** Sets the seed of the source of random numbers. */
  void seed(long seed) {
    random = new RandomNumbers(seed);
    seeded = true;
  }

  /**
   * Continues as another copy of the script, which has loaded. Random numbers of different loops
   * differ while requests are served, unless the file has set a seed.
   */
  void continueAs(Monitor loaded) {
    serial = loaded.serial;
    seeded = loaded.seeded;
    random = seeded ? loaded.random.copy() : new RandomNumbers(new SecureRandom().nextLong());
    tests.loaded();
  }

  /** At most one line of the script's log is written per second. */
  RateLimit logLimit() {
    return logLimit;
  }

  private void concat(int target, int first, int last) {
    long bytes = OBJECT_BYTES;
    boolean differs = false;
    for (int i = first; i <= last; i++) {
      LuaValue value = frame.register(i);
      bytes += value instanceof LuaString s ? s.m_length : NUMBER_BYTES;
      differs |= !(value instanceof LuaString || value instanceof LuaInteger);
    }
    meter.charge(last - first);
    meter.allocate(bytes);
    if (differs) {
      operands.concatenate(frame, target, first, last);
      noteReplaced();
    }
  }
}
