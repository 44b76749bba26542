// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Safeguards.Candidate;
import dev.rsp.config.Safeguards.ReloadLimits;
import dev.rsp.journal.JournalSettings;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads {@code journal}, {@code reload} and {@code candidate}. */
final class SafeguardKeys {
  static final String JOURNAL = "journal";
  static final String RELOAD = "reload";
  static final String CANDIDATE = "candidate";

  static final String PATH = "path";
  static final NumberKey HOSTS =
      NumberKey.count(
          "hosts", JournalSettings.DEFAULT_HOSTS, 1, JournalSettings.MAX_HOSTS, "hosts");
  static final NumberKey JOURNAL_EVERY =
      NumberKey.seconds("every", JournalSettings.DEFAULT_EVERY_SECONDS);

  static final String MAX_MOVES = "max_moves";
  private static final int ANY_MOVES = 100;
  static final String RUN_TESTS = "run_tests";
  static final String FORCE = "force";

  static final String FILE = "file";
  static final String SHARE = "share";
  static final double DEFAULT_SHARE = 0.1;
  static final NumberKey CANDIDATE_EVERY = NumberKey.seconds("every", 60);

  private static final String FILE_PATH = "a path in visible characters";

  private final Map<String, LuaValue> globals;
  private final Problems problems;

  SafeguardKeys(Map<String, LuaValue> globals, Problems problems) {
    this.globals = globals;
    this.problems = problems;
  }

  /** The keys inside tables, such as {@code reload.force}. */
  static List<String> inTables() {
    List<String> all = new ArrayList<>();
    List.of(PATH, HOSTS.name(), JOURNAL_EVERY.name()).forEach(k -> all.add(JOURNAL + "." + k));
    List.of(MAX_MOVES, RUN_TESTS, FORCE).forEach(k -> all.add(RELOAD + "." + k));
    List.of(FILE, SHARE, CANDIDATE_EVERY.name()).forEach(k -> all.add(CANDIDATE + "." + k));
    return all;
  }

  Safeguards read() {
    return new Safeguards(journal(), reload(), candidate());
  }

  private JournalSettings journal() {
    KeyPath path = KeyPath.global(JOURNAL);
    LuaValue value = global(JOURNAL);
    Section section = pathOrSection(path, value, List.of(PATH, HOSTS.name(), JOURNAL_EVERY.name()));
    boolean isTable = value instanceof LuaTable;
    KeyPath filePath = isTable ? path.key(PATH) : path;
    LuaValue text = isTable ? section.get(PATH) : value;
    Path file = text.isnil() ? null : file(filePath, text);
    Path folder = file == null ? null : file.getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      problems.warn(
          filePath,
          "there is no folder " + folder + ", so the hosts are not saved until it exists");
    } else if (file != null && Files.isDirectory(file)) {
      problems.add(filePath, text, "a file, not a folder");
    }
    return new JournalSettings(
        file, (int) section.number(HOSTS), millis(section.number(JOURNAL_EVERY)));
  }

  private ReloadLimits reload() {
    KeyPath path = KeyPath.global(RELOAD);
    Section section = Section.of(path, global(RELOAD), problems);
    section.rejectUnknownKeys(List.of(MAX_MOVES, RUN_TESTS, FORCE));
    LuaValue maxMoves = section.get(MAX_MOVES);
    boolean fits = maxMoves.isnil() || isWithin(maxMoves, 0, ANY_MOVES);
    if (!fits) {
      problems.add(path.key(MAX_MOVES), maxMoves, "a percentage from 0 to 100");
    } else if (maxMoves.todouble() > 0 && maxMoves.todouble() < 1) {
      problems.warn(
          path.key(MAX_MOVES),
          ValueText.of(maxMoves) + " is a percentage: fewer than 1 host in 100");
    }
    LuaValue runTests = section.get(RUN_TESTS);
    if (!runTests.isnil() && runTests.type() != LuaValue.TBOOLEAN) {
      problems.add(path.key(RUN_TESTS), runTests, "true or false");
    }
    LuaValue force = section.get(FORCE);
    boolean forces = force.type() == LuaValue.TSTRING && Syntax.isVisible(force.tojstring());
    if (!force.isnil() && !forces) {
      problems.add(path.key(FORCE), force, "the text that a refused reload printed");
    }
    return new ReloadLimits(
        fits && !maxMoves.isnil() ? maxMoves.todouble() : ANY_MOVES,
        runTests.toboolean(),
        forces ? force.tojstring() : "");
  }

  private @Nullable Candidate candidate() {
    KeyPath path = KeyPath.global(CANDIDATE);
    LuaValue value = global(CANDIDATE);
    if (value.isnil()) {
      return null;
    }
    Section section = pathOrSection(path, value, List.of(FILE, SHARE, CANDIDATE_EVERY.name()));
    boolean isTable = value instanceof LuaTable;
    Path file = isTable ? file(path.key(FILE), section.get(FILE)) : file(path, value);
    if (file != null && !Files.exists(file)) {
      problems.warn(isTable ? path.key(FILE) : path, "there is no file " + file);
    }
    LuaValue share = section.get(SHARE);
    boolean fits = share.isnil() || isWithin(share, Double.MIN_VALUE, 1);
    if (!fits) {
      problems.add(path.key(SHARE), share, "a number above 0 and up to 1");
    }
    return file == null
        ? null
        : new Candidate(
            file,
            fits && !share.isnil() ? share.todouble() : DEFAULT_SHARE,
            millis(section.number(CANDIDATE_EVERY)));
  }

  /** The value as a table; an empty table if the value is only a path. */
  private Section pathOrSection(KeyPath path, LuaValue value, List<String> known) {
    LuaValue table = value instanceof LuaTable ? value : LuaValue.NIL;
    Section section = Section.of(path, table, problems);
    section.rejectUnknownKeys(known);
    return section;
  }

  /** Reads a path; a relative path is resolved against the directory of the configuration file. */
  private @Nullable Path file(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    try {
      if (!text.isEmpty() && Syntax.isVisible(text) && !text.endsWith("/")) {
        return Path.of(problems.file()).resolveSibling(text);
      }
    } catch (InvalidPathException e) {
      // reported below
    }
    problems.add(path, value, FILE_PATH);
    return null;
  }

  private static boolean isWithin(LuaValue value, double least, double most) {
    return value.type() == LuaValue.TNUMBER
        && value.todouble() >= least
        && value.todouble() <= most;
  }

  private static long millis(double seconds) {
    return Math.max(1, Math.round(seconds * 1000));
  }

  private LuaValue global(String name) {
    return globals.getOrDefault(name, LuaValue.NIL);
  }
}
