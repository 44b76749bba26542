// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * A Lua file that has run, with its own globals.
 *
 * <p>It belongs to one thread at a time; another may take it over by a safe hand-over.
 */
public final class Script {
  /** What one call may take at most. */
  public static final long REQUEST_INSTRUCTIONS = Allowance.REQUEST.instructions();

  private static final LuaString SELECT = LuaValue.valueOf("select");
  private static final LuaString ON_FAILURE = LuaValue.valueOf("on_failure");
  private static final LuaString BACKENDS = LuaValue.valueOf("backends");

  /** Stands for an {@code on_failure} that answered nothing. */
  private static final Selection SILENCE = new Selection.Failed("");

  private final Program program;
  private final Clock clock;
  private World world;
  private @Nullable Slots slots;
  private Setting setting = Setting.NONE;
  private Allowance allowance = Allowance.TRIAL;

  Script(Program program, Clock clock) throws ScriptException {
    this.program = program;
    this.clock = clock;
    this.world = World.of(program, clock);
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

  /**
   * Gives the script the backends that {@code hash.rendezvous} and its kin choose from. Until then,
   * and while the file is loading, these functions fail.
   */
  public void slots(Slots known) {
    slots = known;
    world.watch.slots(known);
  }

  /** Whether the file defined a function {@code select}. */
  public boolean hasSelect() {
    return world.globals.rawget(SELECT).isclosure();
  }

  /** Whether the file defined a function {@code on_failure}. */
  public boolean hasOnFailure() {
    return world.globals.rawget(ON_FAILURE).isclosure();
  }

  /** What the file declared with {@code host_from_path}, in its order. */
  public List<HostFromPath> hostsFromPaths() {
    return List.copyOf(world.watch.hostsFromPaths());
  }

  /** {@code file:line} of the file's {@code select}, or the empty string if it has none. */
  public String whereSelectIs() {
    return world.globals.rawget(SELECT) instanceof LuaClosure select ? where(select) : "";
  }

  /** {@code file:line} of the file's {@code on_failure}, or the empty string if it has none. */
  public String whereOnFailureIs() {
    return world.globals.rawget(ON_FAILURE) instanceof LuaClosure told ? where(told) : "";
  }

  /**
   * Tells the script what the file amounts to. From here on the global {@code backends} is a list
   * that can be read and not changed.
   */
  public void tell(Setting told) {
    setting = told;
    world.tell(told);
    if (told.hashing() != null) {
      slots(told.hashing());
    }
  }

  /** From here on an event loop may wait for each call: none has longer than any other. */
  public void serve() {
    allowance = Allowance.REQUEST;
  }

  /**
   * Asks the file's {@code select} for a place, within the budget for one request. Never throws for
   * anything a script does.
   *
   * <p>If what the script keeps between requests has grown too large, this request fails, and the
   * next one finds the script as if it had just been loaded.
   */
  public Selection select(RequestView request) {
    return call(
        SELECT,
        request,
        (function, value) -> Answer.read(function.invoke(value), world.watch.effects().hostOnly()));
  }

  /**
   * Asks the file's {@code on_failure} where a request goes whose place could not be reached, as
   * {@link #select} does. An answer never holds for another request.
   *
   * @return null if it answered {@code nil}: the request goes on as if there were no such function
   */
  public @Nullable Selection onFailure(RequestView request, Failure failure) {
    Selection answer =
        call(
            ON_FAILURE,
            request,
            (function, value) -> {
              Varargs returned = function.invoke(value, table(failure));
              boolean silent = returned.arg1().isnil() && returned.arg(2).isnil();
              return silent ? SILENCE : Answer.read(returned, false);
            });
    return answer.equals(SILENCE) ? null : answer;
  }

  /** The hash that the last call of {@link #select} asked for last; null if it asked for none. */
  public @Nullable HashCall lastHash() {
    return world.watch.effects().lastHash();
  }

  /** Where a call first left something behind, as {@code file:line}; empty if none did. */
  public String firstStateChange() {
    String position = world.watch.effects().firstChange();
    return position.isEmpty() ? "" : position.substring(0, position.length() - 2);
  }

  /** Whether a call left something behind, so that no answer holds for another request. */
  public boolean keepsState() {
    return world.watch.effects().stateful();
  }

  /** What the script logs from here on is not written. */
  public void beQuiet() {
    world.watch.beQuiet();
  }

  /** Instructions that the last call took, with what library functions charged for. */
  public long lastInstructions() {
    return world.watch.meter().spent();
  }

  private Selection call(LuaString name, RequestView request, Call call) {
    if (!(world.globals.rawget(name) instanceof LuaClosure function)) {
      return failed("there is no function " + name.tojstring());
    }
    try {
      Selection answer = ask(function, name, request, call);
      return hasOutgrown() ? startAfresh() : answer;
    } catch (Throwable e) { // the request is lost, the event loop must not be
      return failed(e.toString());
    }
  }

  private Selection ask(LuaClosure function, LuaString name, RequestView request, Call call) {
    Watch watch = world.watch;
    var value = new RequestValue(request, watch);
    watch.start(allowance);
    watch.effects().startServing();
    try {
      return call.answer(function, value);
    } catch (RefusedSignal e) {
      return new Selection.Refused(e.status(), e.reason(), watch.effects().hostOnly());
    } catch (Answer.Unfit e) {
      String message = String.valueOf(e.getMessage());
      return failed(where(function) + ": " + message.replaceFirst("^select", name.tojstring()));
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

  private static LuaTable table(Failure failure) {
    var table = new LuaTable();
    if (failure.slot() != null) {
      table.rawset("slot", LuaValue.valueOf(failure.slot()));
    }
    table.rawset("address", LuaValue.valueOf(failure.address()));
    table.rawset("reason", LuaValue.valueOf(failure.reason()));
    table.rawset("attempt", LuaValue.valueOf(failure.attempt()));
    return table;
  }

  private String where(LuaClosure function) {
    return program.name() + ":" + function.p.linedefined;
  }

  private boolean hasOutgrown() {
    return world.watch.effects().changedState()
        && world.growth.exceededAfter(world.watch.meter().allocated());
  }

  private Selection startAfresh() {
    try {
      World outgrown = world;
      world = World.of(program, clock);
      world.tell(setting);
      world.watch.slots(slots);
      world.watch.succeeds(outgrown.watch);
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

  /** The tests that the file declared, in its order. They have not been run. */
  public List<DeclaredTest> tests() {
    return world.watch.tests().tests();
  }

  /**
   * Runs one of {@link #tests}, within the budget for loading. Never throws for anything a script
   * does.
   */
  public Expectation.Run runTest(int index) {
    return world.watch.tests().run(index, world.watch);
  }

  /** A call of one of the file's functions, and what its answer means. */
  @FunctionalInterface
  private interface Call {
    Selection answer(LuaClosure function, RequestValue request) throws Answer.Unfit;
  }

  /** All that one run of the file made. */
  private record World(
      Watch watch, Globals globals, Map<LuaValue, LuaValue> library, Growth growth) {
    static World of(Program program, Clock clock) throws ScriptException {
      var watch = new Watch(program.name(), clock);
      Globals globals = Sandbox.create(watch);
      Map<LuaValue, LuaValue> library = Sandbox.contents(globals);
      program.run(globals, watch);
      watch.tests().loaded();
      return new World(watch, globals, library, new Growth(globals));
    }

    void tell(Setting told) {
      watch.setting(told);
      if (!told.slots().isEmpty()) {
        globals.rawset(BACKENDS, FrozenTable.backends(told, globals.rawget(BACKENDS)));
      }
    }
  }
}
