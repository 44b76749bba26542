// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.Varargs;

/** The call stack of a script's Lua functions. */
final class LuaStack {
  /**
   * Maximum call depth: C Lua's limit for calls that use the C stack (LUAI_MAXCCALLS), because here
   * every Lua call uses the Java stack.
   */
  static final int MAX_DEPTH = 200;

  private static final LuaValue[] NO_REGISTERS = {};
  private static final LuaClosure NO_FUNCTION = new LuaClosure(new Prototype(), LuaValue.NIL);

  private final String file;
  private final Frame[] frames = new Frame[MAX_DEPTH];
  private int depth;

  /** Library functions that run inside each other, or have called functions in Lua. */
  private int builtins;

  /**
   * Number of frames that messages can name: one more than {@link #depth} after a tail call,
   * because the called function has no other caller.
   */
  private int visible;

  /**
   * Creates an empty stack.
   *
   * @param file the file's name for messages
   */
  LuaStack(String file) {
    this.file = file;
    for (int i = 0; i < MAX_DEPTH; i++) {
      frames[i] = new Frame();
    }
  }

  String file() {
    return file;
  }

  Frame enter(LuaClosure function, Varargs extra, LuaValue[] registers) {
    if (depth + builtins >= MAX_DEPTH) {
      throw overflow();
    }
    Frame frame = frames[depth++];
    frame.function = function;
    frame.prototype = function.p;
    frame.registers = registers;
    frame.extra = extra;
    frame.pc = 0;
    frame.builtins = builtins;
    visible = depth;
    return frame;
  }

  /**
   * Removes the innermost function; returns the frame below, or an unused frame if the stack is
   * empty.
   */
  Frame leave() {
    if (depth > 0) {
      Frame left = frames[--depth];
      left.registers = NO_REGISTERS;
      left.extra = LuaValue.NONE;
      visible = left.isAtTailCall() ? depth + 1 : depth;
    }
    return frames[Math.max(0, depth - 1)];
  }

  /**
   * Begins a library function. It counts as a call if it is not the innermost one: they can call
   * each other without a function in Lua between them, as {@code pcall} by a {@code __call}.
   */
  void enterBuiltin() {
    if (builtins > 0 && depth + builtins >= MAX_DEPTH) {
      throw overflow();
    }
    builtins++;
  }

  /** How many calls are inside each other, of functions in Lua and of the library. */
  int depth() {
    return depth + builtins;
  }

  void leaveBuiltin() {
    builtins--;
  }

  private RaisedError overflow() {
    String message = "calls overflow: " + MAX_DEPTH + " calls inside each other";
    return new RaisedError(LuaValue.valueOf(position(1) + message), position(1));
  }

  /** The function that has ended by a tail call which has not begun another function, if any. */
  @Nullable Frame tailCaller() {
    boolean tailCall = visible > depth && frames[visible - 1].builtins == builtins;
    return tailCall ? frames[visible - 1] : null;
  }

  /** The innermost function continues. */
  void resume() {
    visible = depth;
  }

  /** Removes all frames: an error that Lua cannot catch may have left some. */
  void clear() {
    while (depth > 0) {
      leave();
    }
    visible = 0;
    builtins = 0;
  }

  /**
   * {@code "file:line: "} of a running function, or the empty string if there is none.
   *
   * @param level 1 for the innermost, 2 for its caller, and so on
   */
  String position(int level) {
    if (level < 1 || level > visible) {
      return "";
    }
    return file + ":" + frames[visible - level].line() + ": ";
  }

  /**
   * The position for {@code error}, called by a library function that runs now: as {@link
   * #position}, but library functions such as {@code pcall} are levels without a position.
   */
  String level(int level) {
    int remaining = level;
    int inner = builtins - 1;
    for (int i = visible - 1; i >= 0 && remaining > 0; i--) {
      remaining -= Math.max(0, inner - frames[i].builtins) + 1;
      if (remaining == 0) {
        return position(visible - i);
      }
      inner = frames[i].builtins;
    }
    return "";
  }

  /** One running function and its current instruction. */
  static final class Frame {
    private LuaClosure function = NO_FUNCTION;
    private Prototype prototype = NO_FUNCTION.p;
    private LuaValue[] registers = NO_REGISTERS;
    private Varargs extra = LuaValue.NONE;
    private int pc;

    /** Library functions that ran when this function was called. */
    private int builtins;

    /** Sets the current instruction and returns it. */
    int at(int newPc) {
      pc = newPc;
      return prototype.code[newPc];
    }

    int registers() {
      return registers.length;
    }

    LuaValue register(int index) {
      return registers[index];
    }

    void register(int index, LuaValue value) {
      registers[index] = value;
    }

    LuaClosure function() {
      return function;
    }

    /** A variable of an enclosing function; for the file itself, the first is the globals. */
    LuaValue upValue(int index) {
      return function.upValues[index].getValue();
    }

    /** A register, or a constant if the highest of nine bits is set: Lua's RK operands. */
    LuaValue operand(int rk) {
      return rk > 0xff ? prototype.k[rk & 0xff] : registers[rk];
    }

    /** Whether the instruction indexes a table: what it fails on is then in a metatable. */
    boolean indexesTable() {
      int i = prototype.code[pc];
      return switch (Lua.GET_OPCODE(i)) {
        case Lua.OP_GETTABLE, Lua.OP_SELF -> register(Lua.GETARG_B(i)) instanceof LuaTable;
        case Lua.OP_GETTABUP -> upValue(Lua.GETARG_B(i)) instanceof LuaTable;
        case Lua.OP_SETTABLE -> register(Lua.GETARG_A(i)) instanceof LuaTable;
        case Lua.OP_SETTABUP -> upValue(Lua.GETARG_A(i)) instanceof LuaTable;
        default -> false;
      };
    }

    /** Number of arguments beyond the named ones. */
    int extraCount() {
      return extra.narg();
    }

    /** The compiled function. */
    Prototype prototype() {
      return prototype;
    }

    /** The index of the current instruction in the compiled function. */
    int pc() {
      return pc;
    }

    private boolean isAtTailCall() {
      return pc < prototype.code.length && (prototype.code[pc] & 0x3f) == Lua.OP_TAILCALL;
    }

    private int line() {
      int[] lines = prototype.lineinfo;
      return lines != null && pc < lines.length ? lines[pc] : 0;
    }
  }
}
