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
  private final Program program;
  private World world;

  Script(Program program) throws ScriptException {
    this.program = program;
    this.world = World.of(program);
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
    Sandbox.contents(world.globals)
        .forEach(
            (key, value) -> {
              if (!value.raweq(world.library.getOrDefault(key, LuaValue.NIL))) {
                boolean named = key instanceof LuaString;
                own.put(named ? Messages.decode(key.strvalue()) : "[" + key + "]", value);
              }
            });
    return own;
  }

  /** Whether the file defined a function {@code select}. */
  public boolean hasSelect() {
    return world.globals.rawget("select").isclosure();
  }

  /**
   * Asks the file's {@code select} for a place, within the budget for one request. Never throws for
   * anything a script does.
   *
   * <p>If what the script keeps between requests has grown too large, this request fails, and the
   * next one finds the script as if it had just been loaded.
   */
  public Selection select(RequestView request) {
    if (!(world.globals.rawget("select") instanceof LuaClosure select)) {
      return failed("there is no function select");
    }
    try {
      Selection answer = ask(select, request);
      return hasOutgrown() ? startAfresh() : answer;
    } catch (Throwable e) { // the request is lost, the event loop must not be
      return failed(e.toString());
    }
  }

  private Selection ask(LuaClosure select, RequestView request) {
    Watch watch = world.watch;
    var value = new RequestValue(request, watch);
    watch.start(Allowance.REQUEST);
    watch.effects().startServing();
    try {
      Varargs returned = select.invoke(value);
      return Answer.read(returned, watch.effects().hostOnly());
    } catch (Answer.Unfit e) {
      return failed(program.name() + ":" + select.p.linedefined + ": " + e.getMessage());
    } catch (LuaError e) {
      return failed(Messages.text(e, watch.calls()));
    } catch (ExhaustedError e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      return failed("the script calls itself too deeply");
    } finally {
      value.end();
      watch.stop();
    }
  }

  private boolean hasOutgrown() {
    return world.watch.effects().changedState()
        && world.growth.exceededAfter(world.watch.meter().allocated());
  }

  private Selection startAfresh() {
    try {
      world = World.of(program);
      return failed("the script kept too much between requests, and was started afresh");
    } catch (ScriptException e) {
      return failed("the script kept too much between requests, and fails now: " + e.getMessage());
    }
  }

  private Selection failed(String message) {
    String file = program.name() + ":";
    return new Selection.Failed(
        Messages.clean(message.startsWith(file) ? message : file + " " + message));
  }

  /** All that one run of the file made. */
  private record World(
      Watch watch, Globals globals, Map<LuaValue, LuaValue> library, Growth growth) {
    static World of(Program program) throws ScriptException {
      var watch = new Watch(program.name());
      Globals globals = Sandbox.create(watch);
      Map<LuaValue, LuaValue> library = Sandbox.contents(globals);
      program.run(globals, watch);
      return new World(watch, globals, library, new Growth(globals));
    }
  }
}
