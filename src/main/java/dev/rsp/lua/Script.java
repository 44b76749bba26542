// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * A loaded Lua file with its own globals.
 *
 * <p>Confined to one thread at a time; it may be handed over to another thread with safe
 * publication.
 */
public final class Script {
  /** Instruction limit of one call. */
  public static final long REQUEST_INSTRUCTIONS = Budget.REQUEST.instructions();

  private static final LuaString SELECT = LuaValue.valueOf("select");
  private static final LuaString ON_FAILURE = LuaValue.valueOf("on_failure");
  private static final LuaString ACME = LuaValue.valueOf("acme");
  private static final LuaString ALLOW = LuaValue.valueOf("allow");
  private static final LuaString BACKENDS = LuaValue.valueOf("backends");

  /** About 6,000 entries of tables, which take less than the 10 ms of a request. */
  private static final long MOST_COPIED_AT_ONCE = 256 << 10;

  private static final String NO_MEMORY_FOR_A_COPY =
      "the script changes a table that event loops share, and there is not enough memory for a copy"
          + " (raise -Xmx)";

  /** While another thread copies the tables: a second or two for a million entries. */
  private static final Selection COPYING =
      new Selection.Refused(503, "the selection script copies its tables", false);

  /** Means that {@code on_failure} returned nothing. */
  private static final Selection NO_RESULT = new Selection.Failed("");

  private final Program program;
  private final Clock clock;
  private Environment environment;
  private @Nullable Slots slots;
  private ScriptContext context = ScriptContext.NONE;
  private Budget budget = Budget.TRIAL;
  private long runs;

  /** Calls that failed, also those of {@link #exhaustions}. */
  private long failures;

  private long exhaustions;

  /** Whether an event loop calls it, which must not stop. */
  private boolean serving;

  /** The tables that are being copied for this script; null if none are. */
  private @Nullable OwnTables copied;

  /** About how many bytes of heap a copy takes. */
  private long copyBytes;

  /** What loading the file allocated, without the tables that copies share. */
  private long unsharedBytes = RetainedMemory.UNKNOWN;

  /** What loading the file allocated. */
  private long allBytes = RetainedMemory.UNKNOWN;

  /** Whether copies need tables of their own, because the script changes some that are large. */
  private volatile boolean ownTables;

  private @Nullable ReadOnlyTable backends;
  private List<SlotView> backendsOf = List.of();

  /** The script that this one was copied from; null if it was loaded. */
  private final @Nullable Script origin;

  /** Loads a file; {@code isMuted} discards its log lines. */
  Script(Program program, Clock clock, boolean isMuted) throws ScriptException {
    this.program = program;
    this.clock = clock;
    this.origin = null;
    this.environment = Environment.of(program, clock, isMuted);
  }

  private Script(Script origin) {
    this.program = origin.program;
    this.clock = origin.clock;
    this.origin = origin;
    this.environment = origin.copyOfEnvironment(clock);
  }

  /** Prepares for copies. After this, neither this script nor its tables may be changed. */
  void share() {
    copyBytes = SharedTables.mark(environment.globals);
    unsharedBytes = Footprint.bytes(environment.globals);
    allBytes = Footprint.allBytes(environment.globals);
  }

  /** A copy of this loaded script, for another thread. Any thread. */
  Script copy() {
    return new Script(this);
  }

  /** About how many bytes of heap one copy takes, without what all copies share. */
  public long copyBytes() {
    return copyBytes;
  }

  private Environment copyOfEnvironment(Clock copyClock) {
    boolean shares = !ownTables;
    return environment.copy(copyClock, shares, shares ? unsharedBytes : allBytes);
  }

  /** Records that copies change large tables, so that each needs its own from the start. */
  private synchronized void needsOwnTables() {
    if (!ownTables) {
      ownTables = true;
      copyBytes = allBytes;
    }
  }

  /** The list of backends, which all copies share. */
  private synchronized ReadOnlyTable backends(ScriptContext seen) {
    if (backends == null || !backendsOf.equals(seen.slots())) {
      backends = ReadOnlyTable.backends(seen, environment.globals.rawget(BACKENDS));
      backendsOf = seen.slots();
    }
    return backends;
  }

  /**
   * The globals that the file set, by name, without the standard library. Keys that are not strings
   * are in brackets.
   *
   * <p>Read the tables with raw access ({@code rawget}, {@code next}): metamethods cannot run
   * outside a call.
   */
  public SortedMap<String, LuaValue> globals() {
    SortedMap<String, LuaValue> own = new TreeMap<>();
    Sandbox.contents(environment.globals)
        .forEach(
            (key, value) -> {
              if (!value.raweq(environment.library.getOrDefault(key, LuaValue.NIL))) {
                boolean named = key instanceof LuaString;
                own.put(named ? Messages.decode(key.strvalue()) : "[" + key + "]", value);
              }
            });
    return own;
  }

  /** The names of the functions and tables that every script has. */
  public Set<String> library() {
    Set<String> names = new TreeSet<>();
    environment.library.keySet().forEach(name -> names.add(name.tojstring()));
    return names;
  }

  /** Whether a global is set, by the file or as part of the library. */
  public boolean defines(String global) {
    LuaString name = LuaValue.valueOf(global);
    return environment.library.containsKey(name) || !environment.globals.rawget(name).isnil();
  }

  /** Whether a table of the library, such as {@code math}, has a field; true for other values. */
  public boolean definesField(String global, String field) {
    LuaValue value = environment.globals.rawget(LuaValue.valueOf(global));
    return !(value instanceof LuaTable table)
        || !value.raweq(environment.library.getOrDefault(LuaValue.valueOf(global), LuaValue.NIL))
        || table.getmetatable() != null
        || !table.rawget(LuaValue.valueOf(field)).isnil();
  }

  /** The names in a table of the library; none if there is no such table. */
  public Set<String> fields(String global) {
    Set<String> names = new TreeSet<>();
    if (environment.library.get(LuaValue.valueOf(global)) instanceof LuaTable table) {
      for (LuaValue key : table.keys()) {
        names.add(key.tojstring());
      }
    }
    return names;
  }

  /** The globals that the file read while it was loading, at a moment when they were not set. */
  public Set<String> undefinedReads() {
    return Set.copyOf(environment.monitor.undefinedReads());
  }

  /**
   * Sets the backends that {@code hash.rendezvous}, {@code ring}, {@code maglev} and {@code
   * bounded} choose from. Until then, and while the file is loading, these functions fail.
   */
  public void slots(Slots known) {
    slots = known;
    environment.monitor.slots(known);
  }

  /** Whether the file defined a function {@code select}. */
  public boolean hasSelect() {
    return environment.globals.rawget(SELECT).isclosure();
  }

  /** Whether the file defined a function {@code on_failure}. */
  public boolean hasOnFailure() {
    return environment.globals.rawget(ON_FAILURE).isclosure();
  }

  /** The rules that the file declared with {@code host_from_path}, in order. */
  public List<HostFromPath> hostsFromPaths() {
    return List.copyOf(environment.monitor.hostsFromPaths());
  }

  /** {@code file:line} of the file's {@code select}, or the empty string if it has none. */
  public String selectPosition() {
    return environment.globals.rawget(SELECT) instanceof LuaClosure select ? where(select) : "";
  }

  /** {@code file:line} of the file's {@code on_failure}, or the empty string if it has none. */
  public String onFailurePosition() {
    return environment.globals.rawget(ON_FAILURE) instanceof LuaClosure onFailure
        ? where(onFailure)
        : "";
  }

  /**
   * Sets the configuration that the script can read. After this the global {@code backends} is a
   * read-only list.
   */
  public void setContext(ScriptContext newContext) {
    context = newContext;
    setContext();
    if (newContext.hashing() != null) {
      slots(newContext.hashing());
    }
  }

  private void setContext() {
    environment.monitor.context(context);
    if (!context.slots().isEmpty()) {
      environment.globals.rawset(
          BACKENDS,
          origin == null
              ? ReadOnlyTable.backends(context, environment.globals.rawget(BACKENDS))
              : origin.backends(context));
    }
  }

  /** Switches to the budget for serving requests, in which each call blocks an event loop. */
  public void startServing() {
    budget = Budget.REQUEST;
    serving = true;
  }

  /**
   * Calls the file's {@code select}, within the budget for one request. Never throws because of a
   * script.
   *
   * <p>If the script keeps too much memory between requests, this request fails and the script is
   * loaded again.
   */
  public Selection select(RequestView request) {
    return call(
        SELECT,
        request,
        (function, value) ->
            SelectResult.read(function.invoke(value), environment.monitor.effects().hostOnly()));
  }

  /**
   * Calls the file's {@code on_failure} for a request whose backend could not be reached, like
   * {@link #select}. The result is never valid for another request.
   *
   * @return null if it returned {@code nil}: the request continues as if the function did not exist
   */
  public @Nullable Selection onFailure(RequestView request, Failure failure) {
    Selection answer =
        call(
            ON_FAILURE,
            request,
            (function, value) -> {
              Varargs returned = function.invoke(value, table(failure, environment.monitor));
              boolean silent = returned.arg1().isnil() && returned.arg(2).isnil();
              return silent ? NO_RESULT : SelectResult.read(returned, false);
            });
    return answer.equals(NO_RESULT) ? null : answer;
  }

  /**
   * Calls the file's {@code acme.allow} with a host, within the budget of one call. Never throws
   * because of a script.
   *
   * @param host canonical
   */
  public Permission allows(String host) {
    runs++;
    Permission answer;
    try {
      try {
        answer = askForPermission(host);
      } catch (SharedTableSignal e) {
        Selection refusal = takeOwnTables();
        answer = refusal == null ? askForPermission(host) : noPermission(NO_MEMORY_FOR_A_COPY);
      }
      if (retainsTooMuch() && restart() instanceof Selection.Failed restarted) {
        answer = Permission.failed(restarted.message());
      }
    } catch (Throwable e) { // only this call may fail
      answer = noPermission(e.toString());
    }
    if (answer.error() != null) {
      failures++;
    }
    return answer;
  }

  private Permission askForPermission(String host) {
    LuaValue table = environment.globals.rawget(ACME);
    if (!(table instanceof LuaTable acme && acme.rawget(ALLOW) instanceof LuaClosure function)) {
      return noPermission("there is no function acme.allow");
    }
    Monitor monitor = environment.monitor;
    monitor.start(budget);
    monitor.effects().startServing();
    try {
      LuaValue returned = function.invoke(LuaValue.valueOf(host)).arg1();
      return returned.isboolean() || returned.isnil()
          ? Permission.of(returned.toboolean())
          : noPermission(
              where(function)
                  + ": acme.allow returned a "
                  + returned.typename()
                  + " (expected: true or false)");
    } catch (RefusedSignal e) {
      return Permission.of(false);
    } catch (LuaError e) {
      return noPermission(Messages.text(e, monitor.calls()));
    } catch (ExhaustedError e) {
      exhaustions++;
      return noPermission(String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      return noPermission("the script calls itself too deeply");
    } finally {
      monitor.stop();
    }
  }

  private Permission noPermission(String message) {
    return failed(message) instanceof Selection.Failed failure
        ? Permission.failed(failure.message())
        : Permission.failed(message);
  }

  /** The last hash that the last call of {@link #select} computed; null if none. */
  public @Nullable HashCall lastHash() {
    return environment.monitor.effects().lastHash();
  }

  /** Where a call first changed state that outlives it, as {@code file:line}; empty if none did. */
  public String firstStateChange() {
    String position = environment.monitor.effects().firstChange();
    return position.isEmpty() ? "" : position.substring(0, position.length() - 2);
  }

  /** Whether a call changed state that outlives it, so that no result may be cached. */
  public boolean keepsState() {
    return environment.monitor.effects().stateful();
  }

  /** Discards the script's log lines from now on. */
  public void muteLog() {
    environment.monitor.muteLog();
  }

  /** Instructions that the last call used, including those charged by library functions. */
  public long lastInstructions() {
    return environment.monitor.meter().instructionsUsed();
  }

  /** How often its functions were called for requests, and how that ended. */
  public CallCounts calls() {
    return new CallCounts(runs, failures, exhaustions);
  }

  private Selection call(LuaString name, RequestView request, Call call) {
    runs++;
    Selection answer = callOnce(name, request, call);
    if (answer instanceof Selection.Failed) {
      failures++;
    }
    return answer;
  }

  private Selection callOnce(LuaString name, RequestView request, Call call) {
    if (!(environment.globals.rawget(name) instanceof LuaClosure function)) {
      return failed("there is no function " + name.tojstring());
    }
    try {
      Selection answer;
      try {
        answer = ask(function, name, request, call);
      } catch (SharedTableSignal e) {
        Selection refusal = takeOwnTables();
        if (refusal != null) {
          return refusal;
        }
        answer = ask((LuaClosure) environment.globals.rawget(name), name, request, call);
      }
      return retainsTooMuch() ? restart() : answer;
    } catch (Throwable e) { // only this request may fail, not the event loop
      return failed(e.toString());
    }
  }

  private Selection ask(LuaClosure function, LuaString name, RequestView request, Call call) {
    Monitor monitor = environment.monitor;
    var value = new RequestValue(request, monitor);
    monitor.start(budget);
    monitor.effects().startServing();
    try {
      return call.answer(function, value);
    } catch (RefusedSignal e) {
      return new Selection.Refused(e.status(), e.reason(), monitor.effects().hostOnly());
    } catch (SelectResult.InvalidResult e) {
      String message = String.valueOf(e.getMessage());
      return failed(where(function) + ": " + message.replaceFirst("^select", name.tojstring()));
    } catch (LuaError e) {
      return failed(Messages.text(e, monitor.calls()));
    } catch (ExhaustedError e) {
      exhaustions++;
      return failed(String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      return failed("the script calls itself too deeply");
    } finally {
      value.end();
      monitor.stop();
    }
  }

  /**
   * Replaces the tables that this script shares with other copies by its own, as they are now. What
   * the script had changed stays changed.
   *
   * @return null if it has its own now; else why not
   */
  private @Nullable Selection takeOwnTables() {
    if (origin != null) {
      origin.needsOwnTables();
    }
    OwnTables copied = this.copied;
    if (copied == null && origin != null && origin.copyBytes > HeapMemory.unusedBytes()) {
      return failed(NO_MEMORY_FOR_A_COPY);
    }
    if (copied == null && origin != null && mustNotWaitFor(origin)) {
      this.copied = OwnTables.begin(origin.environment.globals);
      return COPYING;
    }
    if (copied != null && copied.failed()) {
      this.copied = null;
      return failed(NO_MEMORY_FOR_A_COPY);
    }
    IdentityHashMap<LuaValue, LuaValue> tables = copied == null ? null : copied.copies();
    if (copied != null && tables == null) {
      return COPYING;
    }
    this.copied = null;
    Environment previous = environment;
    long firstBytes = origin == null ? RetainedMemory.UNKNOWN : origin.allBytes;
    environment =
        tables == null
            ? previous.copy(clock, false, firstBytes)
            : previous.copyWith(clock, tables, firstBytes);
    environment.monitor.context(context);
    environment.monitor.slots(slots);
    environment.monitor.inherit(previous.monitor);
    return null;
  }

  /** Whether a copy of what it shares would stop a loop for too long. */
  private boolean mustNotWaitFor(Script loaded) {
    return serving && loaded.allBytes - loaded.unsharedBytes > MOST_COPIED_AT_ONCE;
  }

  private static LuaTable table(Failure failure, Monitor monitor) {
    ScriptTable table = monitor.newTable();
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

  private boolean retainsTooMuch() {
    return environment.monitor.effects().changedState()
        && environment.retained.exceededAfter(environment.monitor.meter().allocated());
  }

  private Selection restart() {
    try {
      Environment previous = environment;
      environment =
          origin == null
              ? Environment.of(program, clock, previous.monitor.isLogMuted())
              : origin.environment.copy(clock, true, origin.unsharedBytes);
      setContext();
      environment.monitor.slots(slots);
      environment.monitor.inherit(previous.monitor);
      return failed("the script kept too much memory between requests and was restarted");
    } catch (ScriptException e) {
      return failed(
          "the script kept too much memory between requests, and the restart failed: "
              + e.getMessage());
    }
  }

  private Selection failed(String message) {
    String file = program.name() + ":";
    return new Selection.Failed(
        Messages.clean(message.startsWith(file) ? message : file + " " + message));
  }

  /** The tests that the file declared, in order. They have not run. */
  public List<DeclaredTest> tests() {
    return environment.monitor.tests().tests();
  }

  /**
   * Runs one of {@link #tests}, within the budget for loading. Never throws because of a script.
   */
  public Expectation.Run runTest(int index) {
    return TestLibrary.run(index, environment.monitor);
  }

  /** Calls one of the file's functions and converts its result. */
  @FunctionalInterface
  private interface Call {
    Selection answer(LuaClosure function, RequestValue request) throws SelectResult.InvalidResult;
  }

  /** The state of one loaded instance of the file. */
  private record Environment(
      Monitor monitor, Globals globals, Map<LuaValue, LuaValue> library, RetainedMemory retained) {
    static Environment of(Program program, Clock clock, boolean isMuted) throws ScriptException {
      var monitor = new Monitor(program.name(), clock);
      if (isMuted) {
        monitor.muteLog();
      }
      Globals globals = Sandbox.create(monitor);
      Map<LuaValue, LuaValue> library = Sandbox.contents(globals);
      program.run(globals, monitor);
      monitor.tests().loaded();
      return new Environment(
          monitor, globals, library, new RetainedMemory(globals, RetainedMemory.UNKNOWN));
    }

    /** A copy for another thread, or, without shared tables, for the same one. */
    Environment copy(Clock clock, boolean shares, long firstBytes) {
      return copy(
          clock, firstBytes, copy -> ScriptCopy.copy(globals, copy, shares, monitor.strings()));
    }

    /** A copy for the same thread, with these tables in place of the shared ones. */
    Environment copyWith(Clock clock, IdentityHashMap<LuaValue, LuaValue> tables, long firstBytes) {
      return copy(
          clock, firstBytes, copy -> ScriptCopy.copy(globals, copy, tables, monitor.strings()));
    }

    private Environment copy(
        Clock clock, long firstBytes, Function<ScriptGlobals, LuaTable> copying) {
      var copyMonitor = new Monitor(monitor.calls().file(), clock);
      var copy = new ScriptGlobals(copyMonitor);
      copyMonitor.strings(copying.apply(copy));
      copyMonitor.continueAs(monitor);
      return new Environment(copyMonitor, copy, library, new RetainedMemory(copy, firstBytes));
    }
  }
}
