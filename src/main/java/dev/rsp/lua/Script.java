// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * A Lua file that has run, with its own globals.
 *
 * <p>It belongs to one thread at a time; another may take it over by a safe hand-over.
 */
public final class Script {
  private final Globals globals;
  private final Watch watch;
  private final Map<LuaValue, LuaValue> library;

  /** Makes one whose file has yet to run on the globals; what they hold now is the library. */
  Script(Globals globals, Watch watch) {
    this.globals = globals;
    this.watch = watch;
    this.library = Sandbox.contents(globals);
  }

  /**
   * The globals that the file itself set, by name; nothing of the standard library. A key that is
   * no string is shown in brackets.
   *
   * <p>Read tables in it raw ({@code rawget}, {@code next}): metamethods do not run outside of a
   * call.
   */
  public SortedMap<String, LuaValue> globals() {
    SortedMap<String, LuaValue> own = new TreeMap<>();
    Sandbox.contents(globals)
        .forEach(
            (key, value) -> {
              if (!value.raweq(library.getOrDefault(key, LuaValue.NIL))) {
                own.put(key instanceof LuaString ? key.tojstring() : "[" + key + "]", value);
              }
            });
    return own;
  }

  /** Whether the file defined a function {@code select}. */
  public boolean hasSelect() {
    return globals.rawget("select").isclosure();
  }

  /**
   * Asks the file's {@code select} for a place, within the budget for one request. Never throws for
   * anything a script does.
   */
  public Selection select(RequestView request) {
    String file = watch.calls().file();
    if (!(globals.rawget("select") instanceof LuaClosure select)) {
      return new Selection.Failed(file + ": there is no function select");
    }
    var value = new RequestValue(request, watch);
    watch.start(Allowance.REQUEST);
    watch.effects().startServing();
    try {
      Varargs returned = select.invoke(value);
      return Answer.read(returned, watch.effects().hostOnly());
    } catch (Answer.Unfit e) {
      return failed(file + ":" + select.p.linedefined + ": " + e.getMessage());
    } catch (LuaError e) {
      return failed(Messages.text(e, watch.calls()));
    } catch (ExhaustedError e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (Throwable e) { // the request is lost, the event loop must not be
      return failed(file + ": " + e);
    } finally {
      value.end();
      watch.stop();
    }
  }

  private static Selection failed(String message) {
    return new Selection.Failed(Messages.clean(message));
  }
}
