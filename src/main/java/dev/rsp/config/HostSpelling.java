// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.HostName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.ast.Chunk;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;
import org.luaj.vm2.ast.Visitor;

/**
 * Finds hosts that a script compares with {@code request.host}, or looks up by it, in a spelling
 * that {@code request.host} never has: with capitals, a port or a final dot, or no host at all.
 * Such a line has no effect.
 *
 * <p>It follows only variables that the file assigns once.
 */
final class HostSpelling extends Visitor {
  private static final String HOST = "host";
  private static final String HAS_KEY = "has a key for";

  private final VariableWalk walk;
  private final Problems problems;

  /** How often each variable is indexed by the host, in the order of the file. */
  private final Map<Variable, Integer> lookups = new LinkedHashMap<>();

  private HostSpelling(VariableWalk walk, Problems problems) {
    this.walk = walk;
    this.problems = problems;
  }

  /** Warns of each such host in a file. */
  static void check(Chunk chunk, VariableWalk walk, Problems problems) {
    try {
      var hosts = new HostSpelling(walk, problems);
      chunk.accept(hosts);
      hosts.tables();
    } catch (StackOverflowError e) {
      // Nested too deeply: it is only not checked.
    }
  }

  @Override
  public void visit(Exp.BinopExp exp) {
    if (exp.op == Lua.OP_EQ || exp.op == Lua.OP_NEQ) {
      compare(exp.lhs, exp.rhs);
      compare(exp.rhs, exp.lhs);
    }
    super.visit(exp);
  }

  private void compare(Exp host, Exp text) {
    if (text instanceof Exp.Constant constant && isHost(host)) {
      warn("request.host", "is never", constant.value, host.endLine, true);
    }
  }

  @Override
  public void visit(Exp.IndexExp exp) {
    Variable variable = exp.lhs instanceof Exp.NameExp name ? walk.variable(name) : null;
    if (variable != null && isHost(exp.exp)) {
      lookups.merge(variable, 1, Integer::sum);
    }
    super.visit(exp);
  }

  private void tables() {
    lookups.forEach(
        (variable, count) -> {
          if (variable.onlyValue() instanceof TableConstructor table) {
            keys(variable, table, count == variable.reads());
          }
        });
  }

  /** Checks the keys of a table; {@code onlyHosts} if it is only read by {@code request.host}. */
  private void keys(Variable variable, TableConstructor table, boolean onlyHosts) {
    String name = variable.name;
    List<?> fields = table.fields == null ? List.of() : table.fields;
    for (Object element : fields) {
      var field = (TableField) element;
      if (field.name != null) {
        warn(name, HAS_KEY, LuaValue.valueOf(field.name), field.beginLine, onlyHosts);
      } else if (field.index instanceof Exp.Constant key) {
        warn(name, HAS_KEY, key.value, field.beginLine, onlyHosts);
      } else if (field.index == null && onlyHosts) {
        problems.warn(
            field.beginLine,
            name
                + " has an entry without a key, which request.host does not find (a table by host is"
                + " { [\"a.example\"] = … })");
        return; // One line for a list.
      }
    }
    for (Variable.Store store : variable.stores()) {
      if (store.key() instanceof Exp.Constant key) {
        warn(name, HAS_KEY, key.value, store.line(), onlyHosts);
      }
    }
  }

  /** Whether it is {@code request.host}, or a variable that is nothing else. */
  private boolean isHost(Exp exp) {
    if (exp instanceof Exp.NameExp name) {
      Variable variable = walk.variable(name);
      Exp only = variable == null ? null : variable.onlyValue();
      return only instanceof Exp.FieldExp && isHost(only);
    }
    return exp instanceof Exp.FieldExp field
        && field.name.name.equals(HOST)
        && field.lhs instanceof Exp.NameExp request
        && isParameter(walk.variable(request));
  }

  /** Parameters have no value that the text shows. */
  private static boolean isParameter(@Nullable Variable variable) {
    return variable != null
        && variable.scope == Variable.Scope.FUNCTION
        && variable.onlyValue() == null;
  }

  private void warn(String what, String verb, LuaValue value, int line, boolean mustBeHost) {
    if (value.type() != LuaValue.TSTRING) {
      return;
    }
    String host = value.tojstring();
    String canonical = HostName.canonicalise(host);
    if (canonical == null && mustBeHost) {
      problems.warn(
          line, "%s %s %s: that is no host".formatted(what, verb, ValueText.quoted(host)));
    } else if (canonical != null && !canonical.equals(host)) {
      problems.warn(
          line,
          "%s %s %s: request.host is in lower case, without port and final dot, as %s"
              .formatted(what, verb, ValueText.quoted(host), ValueText.quoted(canonical)));
    }
  }
}
