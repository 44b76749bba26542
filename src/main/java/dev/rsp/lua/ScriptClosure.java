// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.BitSet;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.UpValue;
import org.luaj.vm2.Upvaldesc;

/**
 * A function that a script created. Like a {@link ScriptTable} it has a hash code that is the same
 * each time that the file is loaded. It knows which of its outer variables the call created that
 * created the function: changes of these end with the call.
 */
final class ScriptClosure extends LuaClosure {
  private static final BitSet NONE = new BitSet(0);

  private final int serial;
  private final long call;
  private final BitSet ownVariables;

  private ScriptClosure(
      Prototype prototype, Globals globals, int serial, long call, BitSet ownVariables) {
    super(prototype, globals);
    this.serial = serial;
    this.call = call;
    this.ownVariables = ownVariables;
  }

  /**
   * Takes the place of a function that LuaJ just created.
   *
   * @param creator the function that was running
   * @param call the number of the call; the creator's variables are of this call if it is running
   */
  static ScriptClosure of(
      LuaClosure created, LuaClosure creator, Globals globals, int serial, long call) {
    Upvaldesc[] variables = created.p.upvalues;
    BitSet own = NONE;
    if (call != Effects.LOADING && variables.length > 0) {
      own = new BitSet(variables.length);
      for (int i = 0; i < variables.length; i++) {
        // Either a local variable of the running function, or one of its own outer variables.
        own.set(i, variables[i].instack || owns(creator, variables[i].idx, call));
      }
    }
    var closure = new ScriptClosure(created.p, globals, serial, call, own);
    closure.upValues = created.upValues;
    return closure;
  }

  /** The same function in another copy of the script; the caller sets its outer variables. */
  ScriptClosure copy(Globals globals) {
    var copy = new ScriptClosure(p, globals, serial, Effects.LOADING, NONE);
    copy.upValues = new UpValue[upValues.length];
    return copy;
  }

  /** Whether that call created an outer variable of a function. */
  static boolean owns(LuaClosure function, int variable, long call) {
    return call != Effects.LOADING
        && function instanceof ScriptClosure closure
        && closure.call == call
        && closure.ownVariables.get(variable);
  }

  @Override
  public int hashCode() {
    return serial;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }
}
