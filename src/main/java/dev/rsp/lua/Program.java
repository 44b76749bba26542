// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.SlotTables;
import dev.rsp.http.HostName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.compiler.LuaC;

/**
 * A compiled Lua file. Any number of threads may {@linkplain #run run} it, and take {@linkplain
 * #copy copies} of one run.
 */
public final class Program {
  /** First byte of a compiled chunk. These are refused: the virtual machine does not check them. */
  private static final byte BINARY = 0x1b;

  /** Enough to distinguish an operator's files; a collision has no security impact. */
  private static final int FINGERPRINT_BYTES = 4;

  private static final int MAX_HOSTS = 1_000;

  /** RFC 1035 §2.3.4. */
  private static final int MAX_HOST_BYTES = 255;

  private static final int[] BYTE_ORDER_MARK = {0xef, 0xbb, 0xbf};

  private final String name;
  private final Prototype prototype;
  private final byte[] source;
  private final String fingerprint;

  /** The script whose copies serve requests; null until {@link #loaded}. */
  private @Nullable Script loaded;

  private Program(String name, Prototype prototype, byte[] source) {
    this.name = name;
    this.prototype = prototype;
    this.source = source.clone();
    this.fingerprint = fingerprint(source);
  }

  /** What LuaJ says of more than {@link org.luaj.vm2.Lua#MAXARG_Bx} constants in one function. */
  private static final String TOO_MANY_CONSTANTS = "compiler assert failed";

  private static final String MANY_CONSTANTS =
      "more than 262143 constants in one function (expected: one table of constants, or one long"
          + " string, instead of a statement for each)";

  /**
   * Compiles a file. A byte order mark is skipped, and so is a first line that starts with {@code
   * #}; binary chunks are refused.
   *
   * @param name the file's name for error messages
   * @throws ScriptException if it is not valid Lua, or takes more than 10 s to compile
   */
  public static Program compile(String name, byte[] source) throws ScriptException {
    return compile(name, source, Clock.SYSTEM);
  }

  /** Compiles with another clock for the time limit. */
  static Program compile(String name, byte[] source, Clock clock) throws ScriptException {
    int start = textStart(source);
    if (start < source.length && source[start] == BINARY) {
      throw new ScriptException(name, 0, "the file is compiled Lua (expected: source text)");
    }
    byte[] divided = LargeTables.divided(source, start);
    var text = new LineCounter(divided, start, clock);
    try {
      Prototype prototype = LuaC.instance.compile(text, Messages.CHUNK);
      NumeralCheck.check(name, source, start);
      ConstantOperands.correct(prototype);
      return new Program(name, prototype, source);
    } catch (LuaError e) {
      if (String.valueOf(e.getMessage()).contains(TOO_MANY_CONSTANTS)) {
        throw new ScriptException(name, text.line(), MANY_CONSTANTS);
      }
      throw Messages.split(text.near(Messages.text(e, new LuaStack(name))), name);
    } catch (StackOverflowError e) {
      throw new ScriptException(name, 0, "the code is nested too deeply");
    } catch (ExhaustedError e) {
      throw new ScriptException(name, text.line(), Messages.clean(String.valueOf(e.getMessage())));
    } catch (NumberFormatException e) {
      NumeralCheck.check(name, source, start);
      throw new ScriptException(name, text.line(), "malformed number");
    } catch (RuntimeException e) {
      // The compiler is not maintained: an exception in it, such as an index out of bounds, means
      // an invalid source.
      throw new ScriptException(name, text.line(), CompilerLimit.reason(e));
    } catch (IOException e) {
      throw new UncheckedIOException("from memory", e);
    }
  }

  /**
   * Runs the file with new globals, within the budget for loading.
   *
   * @throws ScriptException if it raises an error or exceeds the budget
   */
  public Script run() throws ScriptException {
    return run(Clock.SYSTEM);
  }

  /** Like {@link #run()}, but the script's log lines are not written, also while it is loading. */
  public Script runMuted() throws ScriptException {
    return new Script(this, Clock.SYSTEM, true);
  }

  /** Runs the file with another clock for the time limits of its calls. */
  Script run(Clock clock) throws ScriptException {
    return new Script(this, clock, false);
  }

  /**
   * Runs the file at the first call, and returns the script whose {@linkplain #copy copies} serve.
   * It must not be called or changed.
   *
   * @throws ScriptException if the file raises an error or exceeds the budget
   */
  public synchronized Script loaded() throws ScriptException {
    if (loaded == null) {
      loaded = run();
      loaded.share();
    }
    return loaded;
  }

  /** About how many bytes of heap each copy takes; 0 without a loaded script. */
  public synchronized long copyBytes() {
    return loaded == null ? 0 : loaded.copyBytes();
  }

  /** Frees the script of {@link #loaded}: the file has no function that serves requests. */
  public synchronized void unload() {
    loaded = null;
  }

  /**
   * A script for one event loop or one thread: a copy of the one script that was {@linkplain
   * #loaded}. So all copies are alike, whatever the file did while it was loading, and large tables
   * of data exist once.
   *
   * @throws ScriptException if the file raises an error or exceeds the budget
   */
  public Script copy() throws ScriptException {
    return loaded().copy();
  }

  /**
   * Builds the tables of the program's {@code hash} functions in advance, because it takes about 50
   * ms with large weights or thousands of slots, too long for an event loop. If the program may
   * compute a function's name, all tables are built.
   */
  public void prepare(SlotTables tables) {
    SlotHashes.prepare(tables, prototype);
  }

  /**
   * The canonical hosts with a dot among the constants of the text, at most 1,000: hosts that the
   * file probably treats in a way of their own.
   */
  public Set<String> hosts() {
    Set<String> hosts = new LinkedHashSet<>();
    addHosts(prototype, hosts);
    return hosts;
  }

  private static void addHosts(Prototype function, Set<String> hosts) {
    for (LuaValue constant : function.k) {
      if (hosts.size() < MAX_HOSTS
          && constant instanceof LuaString text
          && text.m_length <= MAX_HOST_BYTES) {
        String host = Messages.decode(text);
        if (host.indexOf('.') > 0 && host.equals(HostName.canonicalise(host))) {
          hosts.add(host);
        }
      }
    }
    for (Prototype inner : function.p) {
      addHosts(inner, hosts);
    }
  }

  /** Whether its functions may use the weights of the backends. */
  public boolean readsWeights() {
    return SlotHashes.readsWeights(prototype);
  }

  /** The file's name for error messages. */
  public String name() {
    return name;
  }

  /** A copy of the source text. */
  public byte[] source() {
    return source.clone();
  }

  /** Eight hexadecimal digits that identify the source text. */
  public String fingerprint() {
    return fingerprint;
  }

  private static String fingerprint(byte[] source) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(source);
      return HexFormat.of().formatHex(digest, 0, FINGERPRINT_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Runs the file with the given globals under a monitor. */
  void run(Globals globals, Monitor monitor) throws ScriptException {
    monitor.start(Budget.LOAD);
    try {
      new LuaClosure(prototype, globals).call();
    } catch (LuaError e) {
      throw Messages.split(Messages.text(e, monitor.calls()), name);
    } catch (ExhaustedError e) {
      throw Messages.split(String.valueOf(e.getMessage()), name);
    } catch (OutOfMemoryError e) {
      throw e; // the caller frees what it was loading for
    } catch (RuntimeException | Error e) { // any exception is the file's fault
      throw new ScriptException(name, 0, "the script failed: " + Messages.clean(e.toString()));
    } finally {
      monitor.stop();
    }
  }

  /**
   * The offset of the text. The line feed of a skipped line stays, so that line numbers are right.
   */
  private static int textStart(byte[] source) {
    int start = hasByteOrderMark(source) ? BYTE_ORDER_MARK.length : 0;
    if (start < source.length && source[start] == '#') {
      while (start < source.length && source[start] != '\n') {
        start++;
      }
    }
    return start;
  }

  private static boolean hasByteOrderMark(byte[] source) {
    if (source.length < BYTE_ORDER_MARK.length) {
      return false;
    }
    for (int i = 0; i < BYTE_ORDER_MARK.length; i++) {
      if ((source[i] & 0xff) != BYTE_ORDER_MARK[i]) {
        return false;
      }
    }
    return true;
  }
}
