// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.VariableWalk.Read;
import dev.rsp.config.VariableWalk.Repeated;
import dev.rsp.config.VariableWalk.Twice;
import dev.rsp.lua.Script;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.luaj.vm2.LuaValue;

/**
 * Finds names in a file that have no effect, because they are mistyped or in the wrong place, so
 * that a default would be used without a word: {@code state = down}, {@code function selct}, {@code
 * local timeouts}, or {@code timeouts} twice.
 *
 * <p>What can only be a mistake is a problem. What may be intended is a warning.
 */
final class NameCheck {
  /** Values of keys. Without quotes they are variables, which nothing defines. */
  private static final Set<String> WORDS =
      Set.of("up", "drain", "down", "spare", "http", "uwsgi", "replace", "append", "get");

  private static final List<String> FUNCTIONS = List.of(Keys.SELECT, Keys.ON_FAILURE);

  private final VariableWalk walk;
  private final Script script;
  private final Problems problems;

  NameCheck(VariableWalk walk, Script script, Problems problems) {
    this.walk = walk;
    this.script = script;
    this.problems = problems;
  }

  /**
   * Checks a file.
   *
   * @param isOriginal whether it is in the original's format: it may contain whatever the original
   *     accepted, so it only gets warnings
   */
  void check(boolean isOriginal) {
    undefinedNames(!isOriginal);
    missingFields(!isOriginal);
    if (isOriginal) {
      return;
    }
    unusedLocals();
    unusedFunctions();
    for (Repeated key : walk.repeated()) {
      // Not an error: a line at the end of a file may replace a default further up on purpose.
      problems.warn(
          key.line(), key.key() + ": set again, so line " + key.firstLine() + " has no effect");
    }
    Set<String> known = new HashSet<>(Keys.SLOT);
    Keys.all().forEach(path -> known.add(path.substring(path.lastIndexOf('.') + 1)));
    walk.twice().forEach(key -> twice(key, known));
  }

  private void undefinedNames(boolean isOwnFormat) {
    if (walk.usesAnyGlobal()) {
      return;
    }
    Set<String> reported = new HashSet<>();
    for (Read read : walk.reads()) {
      Variable variable = read.variable();
      if (variable.scope != Variable.Scope.GLOBAL || variable.isAssigned()) {
        continue;
      }
      boolean isDefined = script.defines(variable.name);
      String field = read.field();
      if (isDefined && (field == null || script.definesField(variable.name, field))) {
        continue;
      }
      String name = isDefined ? variable.name + "." + field : variable.name;
      if (!reported.add(read.line() + name)) {
        continue;
      }
      boolean isRun =
          isDefined ? !read.mayNotRun() : script.undefinedReads().contains(variable.name);
      if (isRun && !read.isTested() && isOwnFormat) {
        problems.add(
            read.line(),
            name + ": nothing defines this name (expected: a value" + hint(name) + ")");
      } else {
        problems.warn(read.line(), name + ": nothing defines this name, so it is nil" + hint(name));
      }
    }
  }

  /** Reads of fields that are missing in a table whose fields are all known. */
  private void missingFields(boolean isOwnFormat) {
    Set<String> reported = new HashSet<>();
    for (Read read : walk.reads()) {
      String field = read.field();
      Set<String> fields = field == null ? null : read.variable().fields();
      if (field == null || fields == null || fields.contains(field) || read.isTested()) {
        continue;
      }
      String name = read.variable().name + "." + field;
      if (!reported.add(read.line() + name)) {
        continue;
      }
      String hint = NearestKey.suggestion(field, fields);
      if (isOwnFormat && !read.mayNotRun()) {
        problems.add(
            read.line(), name + ": nothing defines this name (expected: a value" + hint + ")");
      } else {
        problems.warn(read.line(), name + ": nothing defines this name, so it is nil" + hint);
      }
    }
  }

  private String hint(String name) {
    if (WORDS.contains(name)) {
      return "; did you mean \"" + name + "\", in quotes?";
    }
    Set<String> names = new HashSet<>(script.library());
    walk.locals().forEach(local -> names.add(local.name));
    names.addAll(script.globals().keySet());
    names.addAll(FUNCTIONS);
    String field = name.substring(name.lastIndexOf('.') + 1);
    Collection<String> similar =
        name.equals(field) ? names : script.fields(name.substring(0, name.lastIndexOf('.')));
    return field.length() < NearestKey.MIN_LENGTH ? "" : NearestKey.suggestion(field, similar);
  }

  private void unusedLocals() {
    for (Variable local : walk.locals()) {
      if (local.scope != Variable.Scope.FILE) {
        continue;
      }
      String name = local.name;
      if (!local.isRead() && Keys.GLOBALS.contains(name)) {
        problems.add(
            local.line,
            "local " + name + ": rsp does not read local variables (expected: no local before it)");
      } else if (local.isRead() && FUNCTIONS.contains(name) && !isDefined(name)) {
        problems.warn(
            local.line,
            "local "
                + name
                + ": rsp does not call local functions, and the file has no global "
                + name);
      } else if (!local.isRead() && NearestKey.to(name, Keys.GLOBALS) != null) {
        problems.warn(
            local.line,
            "local " + name + ": nothing reads it" + NearestKey.suggestion(name, Keys.GLOBALS));
      }
    }
  }

  private void unusedFunctions() {
    if (walk.usesAnyGlobal()) {
      return;
    }
    script.globals().forEach(this::unusedFunction);
  }

  private void unusedFunction(String name, LuaValue value) {
    Variable variable = walk.global(name);
    if (!value.isfunction()
        || Keys.GLOBALS.contains(name)
        || variable == null
        || variable.isRead()) {
      return;
    }
    String meant = NearestKey.to(name, FUNCTIONS);
    String text = name + ": nothing calls this function" + NearestKey.suggestion(name, FUNCTIONS);
    if (meant != null && !isDefined(meant)) {
      problems.add(variable.line, text + " (expected: the name of a function that rsp calls)");
    } else {
      problems.warn(variable.line, text);
    }
  }

  private boolean isDefined(String function) {
    return function.equals(Keys.SELECT) ? script.hasSelect() : script.hasOnFailure();
  }

  private void twice(Twice key, Set<String> known) {
    String text = key.key() + ": set twice in one table, first in line " + key.firstLine();
    if (known.contains(key.key()) && !key.inFunction()) {
      problems.add(key.line(), text + " (expected: once)");
    } else {
      problems.warn(key.line(), text);
    }
  }
}
