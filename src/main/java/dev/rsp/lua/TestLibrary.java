// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions {@code test}, {@code expect}, {@code expect_same} and {@code expect_refused}.
 *
 * <p>Loading a file only notes its tests, so that they cost a daemon next to nothing. Running one
 * only notes what it expects; whoever runs it compares that with the decisions, and so sees every
 * failure of a test and not just the first.
 */
final class TestLibrary {
  /** Most tests of a file, and most expectations of a test. */
  static final int MOST = 10_000;

  /** Longest host and path: a target of {@code limits.target_bytes}' default, and a host. */
  private static final int MAX_REQUEST_BYTES = 8192 + 256;

  private TestLibrary() {}

  /** What one script declared, and what the test that is running expects so far. */
  static final class Declared {
    private final List<DeclaredTest> tests = new ArrayList<>();
    private final List<LuaClosure> bodies = new ArrayList<>();
    private List<Expectation> expectations = List.of();
    private boolean loading = true;
    private boolean running;

    /** The file has run: tests that come later come too late. */
    void loaded() {
      loading = false;
    }

    List<DeclaredTest> tests() {
      return List.copyOf(tests);
    }

    Expectation.Run run(int index, Watch watch) {
      expectations = new ArrayList<>();
      running = true;
      watch.start(Allowance.LOAD);
      try {
        bodies.get(index).invoke();
        return new Expectation.Run(expectations, null);
      } catch (LuaError e) {
        return failed(Messages.text(e, watch.calls()), watch);
      } catch (ExhaustedError e) {
        return failed(String.valueOf(e.getMessage()), watch);
      } catch (StackOverflowError e) {
        return failed("the test calls itself too deeply", watch);
      } catch (RuntimeException | Error e) { // whatever it is, the test made it happen
        return failed(e.toString(), watch);
      } finally {
        running = false;
        watch.stop();
      }
    }

    private Expectation.Run failed(String message, Watch watch) {
      String file = watch.calls().file() + ":";
      return new Expectation.Run(
          expectations, Messages.clean(message.startsWith(file) ? message : file + " " + message));
    }
  }

  /** Puts the functions into a script's globals. */
  static void install(LuaTable globals) {
    Builtin.define(globals, "test", TestLibrary::test);
    Builtin.define(globals, "expect", TestLibrary::expect);
    Builtin.define(
        globals,
        "expect_same",
        a -> note(a, new Expectation.Same(request(a, 1), request(a, 2), where(a))));
    Builtin.define(
        globals, "expect_refused", a -> note(a, new Expectation.Refused(request(a, 1), where(a))));
  }

  private static Varargs test(Args args) {
    Declared declared = args.watch().tests();
    String name = Messages.clean(Messages.decode(args.string(1)));
    if (!(args.value(2) instanceof LuaClosure body)) {
      throw args.bad(2, "a function written in Lua expected, got " + args.value(2).typename());
    }
    if (!declared.loading) {
      throw args.error("test can be called while the file loads, not later");
    }
    if (declared.tests.size() == MOST) {
      throw args.error("test was called more than " + MOST + " times");
    }
    args.meter().allocate(Watch.OBJECT_BYTES + name.length());
    declared.tests.add(new DeclaredTest(name, where(args)));
    declared.bodies.add(body);
    return LuaValue.NONE;
  }

  private static Varargs expect(Args args) {
    LuaValue slot = args.value(2);
    boolean index = slot.type() == LuaValue.TNUMBER && slot.isinttype() && slot.toint() > 0;
    if (!index && !(slot instanceof LuaString)) {
      throw args.bad(2, "a slot's name or index expected, got " + slot.typename());
    }
    String text = index ? Integer.toString(slot.toint()) : Messages.decode(slot.strvalue());
    return note(args, new Expectation.At(request(args, 1), Messages.clean(text), where(args)));
  }

  private static Varargs note(Args args, Expectation expectation) {
    Declared declared = args.watch().tests();
    if (!declared.running) {
      throw args.error(args.function() + " can be called inside of a test");
    }
    if (declared.expectations.size() == MOST) {
      throw args.error("a test expects more than " + MOST + " things");
    }
    args.meter().allocate(Watch.OBJECT_BYTES);
    declared.expectations.add(expectation);
    return LuaValue.NONE;
  }

  private static String request(Args args, int i) {
    LuaString text = args.string(i);
    if (text.m_length > MAX_REQUEST_BYTES) {
      throw args.bad(i, "a host, and perhaps a path, of " + MAX_REQUEST_BYTES + " bytes at most");
    }
    args.meter().allocate(text.m_length);
    return Messages.decode(text);
  }

  private static String where(Args args) {
    String position = args.position(1);
    return position.isEmpty() ? "" : position.substring(0, position.length() - 2);
  }
}
