// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.http.HostName;
import dev.rsp.log.RateLimit;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The functions that rsp adds to Lua for the selection of backends. */
final class ServingLibrary {
  private static final Logger log = LoggerFactory.getLogger("dev.rsp.script");

  /**
   * Instructions charged for a file test: about ten system calls to resolve links, about 1 µs each,
   * at 10 to 20 ns per instruction. The budget of a request allows 40.
   */
  private static final int EXISTS_INSTRUCTIONS = 2_500;

  /** Instructions charged for a log line, which is formatted and queued. */
  private static final int LOG_INSTRUCTIONS = 500;

  /** Longest path in bytes: PATH_MAX of Linux is 4096 including the terminating zero. */
  private static final int MAX_PATH_BYTES = 4095;

  /** Maximum of declarations per file: every request to one of their hosts is compared with all. */
  private static final int MAX_HOSTS_FROM_PATHS = 256;

  private static final String NO_REASON = "refused by the script";

  /** Instructions for the canonical form of a host: it takes about a microsecond. */
  private static final int CANONICAL_INSTRUCTIONS = 30;

  private ServingLibrary() {}

  /** Adds the functions to a script's globals. */
  static void install(LuaTable globals) {
    Builtin.define(globals, "canonical_host", ServingLibrary::canonicalHost);
    Builtin.define(globals, "exists", ServingLibrary::exists);
    Builtin.define(globals, "host_from_path", ServingLibrary::hostFromPath);
    Builtin.define(globals, "log", ServingLibrary::log);
    Builtin.define(globals, "refuse", ServingLibrary::refuse);
  }

  /** The canonical form of a host, or nil if it is not valid. */
  private static Varargs canonicalHost(Args args) {
    LuaString text = args.string(1);
    args.meter().charge(CANONICAL_INSTRUCTIONS);
    args.meter().scan(text.m_length);
    // A host with its port is short; a longer text is refused without a copy.
    if (text.m_length > 512) {
      return LuaValue.NIL;
    }
    String host = HostName.canonicalise(Messages.decode(text));
    args.meter().allocate(text.m_length);
    return host == null ? LuaValue.NIL : LuaValue.valueOf(host);
  }

  /** Whether a file exists at a path below one of the directories in {@code exists_below}. */
  private static Varargs exists(Args args) {
    LuaString text = args.string(1);
    if (!args.monitor().effects().serving()) {
      throw args.error("exists can be called while a request is served, not while the file loads");
    }
    args.monitor().effects().readMoreThanHost();
    args.meter().charge(EXISTS_INSTRUCTIONS);
    args.meter().scan(text.m_length);
    Path path = text.m_length > MAX_PATH_BYTES ? null : plainPath(Messages.decode(text));
    if (path == null) {
      throw args.bad(1, "an absolute path without . and .. expected");
    }
    for (Path directory : args.monitor().context().existsBelow()) {
      if (path.startsWith(directory) && !path.equals(directory)) {
        return LuaValue.valueOf(isBelow(path, directory));
      }
    }
    throw args.bad(1, "a path below a directory in exists_below expected");
  }

  private static @Nullable Path plainPath(String text) {
    boolean plain =
        text.startsWith("/")
            && text.chars().noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD')
            && !(text + "/").contains("/../")
            && !(text + "/").contains("/./");
    try {
      return plain ? Path.of(text) : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** The target of a link must be below the directory, too. */
  private static boolean isBelow(Path path, Path directory) {
    try {
      return path.toRealPath().startsWith(directory.toRealPath());
    } catch (IOException e) {
      return false; // missing or not accessible
    }
  }

  private static Varargs hostFromPath(Args args) {
    if (args.monitor().effects().serving()) {
      throw args.error("host_from_path can be called while the file loads, not later");
    }
    LuaTable options = args.table(2);
    for (Varargs e = options.next(LuaValue.NIL); !e.arg1().isnil(); e = options.next(e.arg1())) {
      if (!e.arg1().tojstring().equals("on")) {
        throw args.bad(2, "only the key on expected, got " + Messages.clean(e.arg1().tojstring()));
      }
    }
    if (!(options.rawget("on") instanceof LuaString on)) {
      throw args.bad(2, "{ on = a host name } expected");
    }
    if (args.monitor().hostsFromPaths().size() == MAX_HOSTS_FROM_PATHS) {
      throw args.error("host_from_path was called more than " + MAX_HOSTS_FROM_PATHS + " times");
    }
    String position = args.position(1);
    String where = position.isEmpty() ? "" : position.substring(0, position.length() - 2);
    try {
      args.monitor()
          .hostsFromPaths()
          .add(HostFromPath.of(Messages.decode(args.string(1)), Messages.decode(on), where));
    } catch (IllegalArgumentException e) {
      throw args.error(Messages.clean(String.valueOf(e.getMessage())));
    }
    return LuaValue.NONE;
  }

  /** Logs at most one line per second; the text cannot contain line breaks. */
  private static Varargs log(Args args) {
    RateLimit limit = args.monitor().logLimit();
    String level = Messages.decode(args.string(1));
    LuaString text = BaseLibrary.toText(args.any(2), args.meter());
    args.meter().charge(LOG_INSTRUCTIONS);
    args.meter().scan(text.m_length);
    boolean known =
        switch (level) {
          case "debug", "info", "warn", "error" -> true;
          default -> false;
        };
    if (!known) {
      throw args.bad(1, "\"debug\", \"info\", \"warn\" or \"error\" expected");
    }
    if (!args.monitor().isLogMuted() && limit.allows()) {
      String line = args.position(1) + Messages.clean(Messages.decode(text));
      long suppressed = limit.takeSuppressed();
      switch (level) {
        case "debug" -> log.debug("{} suppressed={}", line, suppressed);
        case "info" -> log.info("{} suppressed={}", line, suppressed);
        case "warn" -> log.warn("{} suppressed={}", line, suppressed);
        default -> log.error("{} suppressed={}", line, suppressed);
      }
    }
    return LuaValue.NONE;
  }

  private static Varargs refuse(Args args) {
    double status = args.number(1);
    if (!(status >= 400 && status <= 599 && status == (int) status)) {
      throw args.bad(1, "a status from 400 to 599 expected");
    }
    String reason = args.missing(2) ? "" : Messages.clean(Messages.decode(args.string(2)));
    if (!args.monitor().effects().serving()) {
      throw args.error("refuse can be called while a request is served, not while the file loads");
    }
    throw new RefusedSignal((int) status, reason.isBlank() ? NO_REASON : reason);
  }
}
