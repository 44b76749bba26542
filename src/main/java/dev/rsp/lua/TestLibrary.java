// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions {@code test}, {@code expect}, {@code expect_same} and {@code expect_refused}.
 *
 * <p>Loading a file only records its tests, so that they cost a daemon almost nothing. Running a
 * test only records its expectations; the caller compares them with the decisions, and so finds
 * every failure of a test, not only the first.
 */
final class TestLibrary {
  /** Maximum of tests per file, and of expectations per test. */
  static final int MAX_ENTRIES = 10_000;

  /** Longest host and path: the default of {@code limits.target_bytes}, plus a host. */
  private static final int MAX_REQUEST_BYTES = 8192 + 256;

  private TestLibrary() {}

  /** Adds the functions to a script's globals. */
  static void install(LuaTable globals) {
    Builtin.define(globals, "test", TestLibrary::test);
    Builtin.define(globals, "expect", TestLibrary::expect);
    Builtin.define(
        globals,
        "expect_same",
        a -> addExpectation(a, new Expectation.Same(request(a, 1), request(a, 2), where(a))));
    Builtin.define(
        globals,
        "expect_refused",
        a -> addExpectation(a, new Expectation.Refused(request(a, 1), where(a))));
  }

  /**
   * Runs a test of the script with this monitor, within the budget for loading. Never throws for
   * anything a script does.
   */
  static Expectation.Run run(int index, Monitor monitor) {
    DeclaredTests declared = monitor.tests();
    monitor.start(Budget.LOAD);
    try {
      declared.begin(index).invoke();
      return new Expectation.Run(declared.expectations(), null);
    } catch (LuaError e) {
      return failed(Messages.text(e, monitor.calls()), monitor);
    } catch (ExhaustedError e) {
      return failed(String.valueOf(e.getMessage()), monitor);
    } catch (StackOverflowError e) {
      return failed("the test calls itself too deeply", monitor);
    } catch (RuntimeException | Error e) { // whatever it is, the test made it happen
      return failed(e.toString(), monitor);
    } finally {
      declared.end();
      monitor.stop();
    }
  }

  private static Expectation.Run failed(String message, Monitor monitor) {
    String file = monitor.calls().file() + ":";
    return new Expectation.Run(
        monitor.tests().expectations(),
        Messages.clean(message.startsWith(file) ? message : file + " " + message));
  }

  private static Varargs test(Args args) {
    DeclaredTests declared = args.monitor().tests();
    String name = Messages.clean(Messages.decode(args.string(1)));
    if (!(args.value(2) instanceof LuaClosure body)) {
      throw args.bad(2, "a function written in Lua expected, got " + args.value(2).typename());
    }
    if (!declared.isLoading()) {
      throw args.error("test can be called while the file loads, not later");
    }
    if (declared.count() == MAX_ENTRIES) {
      throw args.error("test was called more than " + MAX_ENTRIES + " times");
    }
    args.meter().allocate(Monitor.OBJECT_BYTES + name.length());
    declared.add(new DeclaredTest(name, where(args)), body);
    return LuaValue.NONE;
  }

  private static Varargs expect(Args args) {
    LuaValue slot = args.value(2);
    boolean index = slot.type() == LuaValue.TNUMBER && slot.isinttype() && slot.toint() > 0;
    if (!index && !(slot instanceof LuaString)) {
      throw args.bad(2, "a slot's name or index expected, got " + slot.typename());
    }
    String text = index ? Integer.toString(slot.toint()) : Messages.decode(slot.strvalue());
    return addExpectation(
        args, new Expectation.At(request(args, 1), Messages.clean(text), where(args)));
  }

  private static Varargs addExpectation(Args args, Expectation expectation) {
    DeclaredTests declared = args.monitor().tests();
    if (!declared.isRunning()) {
      throw args.error(args.function() + " can only be called inside a test");
    }
    if (declared.expectations().size() == MAX_ENTRIES) {
      throw args.error("a test has more than " + MAX_ENTRIES + " expectations");
    }
    args.meter().allocate(Monitor.OBJECT_BYTES);
    declared.expect(expectation);
    return LuaValue.NONE;
  }

  private static String request(Args args, int i) {
    LuaString text = args.string(i);
    if (text.m_length > MAX_REQUEST_BYTES) {
      throw args.bad(
          i, "a host, optionally with a path, of at most " + MAX_REQUEST_BYTES + " bytes");
    }
    args.meter().allocate(text.m_length);
    return Messages.decode(text);
  }

  private static String where(Args args) {
    String position = args.position(1);
    return position.isEmpty() ? "" : position.substring(0, position.length() - 2);
  }
}
