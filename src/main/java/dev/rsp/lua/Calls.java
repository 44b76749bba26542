// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.Varargs;

/** The Lua functions that are being run, the innermost on top. */
final class Calls {
  /**
   * Deepest nesting of Lua functions: what C Lua allows where its own C stack is used
   * (LUAI_MAXCCALLS), because here every Lua call uses the Java stack.
   */
  static final int MAX_DEPTH = 200;

  private static final LuaValue[] NO_REGISTERS = {};
  private static final LuaClosure NO_FUNCTION = new LuaClosure(new Prototype(), LuaValue.NIL);

  private final String file;
  private final Frame[] frames = new Frame[MAX_DEPTH];
  private int depth;

  /**
   * How many frames count: one more than {@link #depth} after a function has left by a tail call,
   * because what it called has no other caller to name.
   */
  private int visible;

  /**
   * Makes an empty one.
   *
   * @param file the file's name, as messages are to show it
   */
  Calls(String file) {
    this.file = file;
    for (int i = 0; i < MAX_DEPTH; i++) {
      frames[i] = new Frame();
    }
  }

  String file() {
    return file;
  }

  Frame enter(LuaClosure function, Varargs extra, LuaValue[] registers) {
    if (depth == MAX_DEPTH) {
      throw new LuaError("calls overflow: " + MAX_DEPTH + " calls inside each other");
    }
    Frame frame = frames[depth++];
    frame.function = function;
    frame.prototype = function.p;
    frame.registers = registers;
    frame.extra = extra;
    frame.pc = 0;
    visible = depth;
    return frame;
  }

  /**
   * Leaves the innermost function; returns the frame below, or a spare one if that was the last.
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

  /** The innermost function goes on. */
  void resume() {
    visible = depth;
  }

  /** Forgets everything: an error that is no exception to Lua may have left frames behind. */
  void clear() {
    while (depth > 0) {
      leave();
    }
    visible = 0;
  }

  /**
   * {@code "file:line: "} of a function that is being run, or the empty string if there is none.
   *
   * @param level 1 for the innermost, 2 for its caller, and so on
   */
  String position(int level) {
    if (level < 1 || level > visible) {
      return "";
    }
    return file + ":" + frames[visible - level].line() + ": ";
  }

  /** One function that is being run, and how far it has come. */
  static final class Frame {
    private LuaClosure function = NO_FUNCTION;
    private Prototype prototype = NO_FUNCTION.p;
    private LuaValue[] registers = NO_REGISTERS;
    private Varargs extra = LuaValue.NONE;
    private int pc;

    /** Moves to an instruction, and returns it. */
    int at(int newPc) {
      pc = newPc;
      return prototype.code[newPc];
    }

    LuaValue register(int index) {
      return registers[index];
    }

    /** A variable of an enclosing function; the first of the file's own is the globals. */
    LuaValue upValue(int index) {
      return function.upValues[index].getValue();
    }

    /** A register, or a constant if the highest of nine bits is set: Lua's RK operands. */
    LuaValue operand(int rk) {
      return rk > 0xff ? prototype.k[rk & 0xff] : registers[rk];
    }

    /** How many arguments the function got beyond those it names. */
    int extraCount() {
      return extra.narg();
    }

    /** The name of what the instruction in hand works on, if the source has one for it. */
    String sourceName(Meter meter) {
      // It is looked for backwards.
      meter.spend(pc / 4);
      return SourceName.of(prototype, pc);
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
