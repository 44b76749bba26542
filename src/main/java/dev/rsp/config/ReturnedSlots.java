// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.FuncBody;
import org.luaj.vm2.ast.Stat;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;
import org.luaj.vm2.ast.Visitor;

/**
 * Checks the constants that {@code select} and {@code on_failure} return, directly or from a table:
 * each must be the name or index of a slot, or an address. Else requests fail that get it.
 *
 * <p>It follows only variables that the file assigns once.
 */
final class ReturnedSlots {
  /** How many variables and fields are followed to a table: variables may refer to each other. */
  private static final int MAX_DEPTH = 8;

  private final VariableWalk walk;
  private final List<Slot> slots;
  private final @Nullable BackendTls tls;
  private final Set<String> names;
  private final Problems problems;

  /** The expressions that have been checked, so that a circle of variables ends. */
  private final Set<Exp> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /** The names of the variables on the way to the current expression, for messages. */
  private final Deque<String> path = new ArrayDeque<>();

  /** How many tables lead to the current expression. */
  private int tables;

  ReturnedSlots(VariableWalk walk, Config config, Problems problems) {
    this.walk = walk;
    this.slots = config.slots();
    this.tls = config.selection().scriptTls();
    this.names = slots.stream().map(Slot::name).collect(Collectors.toSet());
    this.problems = problems;
  }

  void check() {
    for (String function : List.of(Keys.SELECT, Keys.ON_FAILURE)) {
      FuncBody body = walk.function(function);
      if (body != null) {
        path.push(function);
        body.block.accept(new Returns());
        path.pop();
      }
    }
  }

  /** Visits what a function itself returns, not what the functions in it return. */
  private final class Returns extends Visitor {
    @Override
    public void visit(FuncBody inner) {}

    @Override
    public void visit(Stat.Return statement) {
      if (statement.values != null && !statement.values.isEmpty()) {
        value((Exp) statement.values.get(0), statement.beginLine);
      }
    }
  }

  /** Checks a value that is returned; {@code line} is that of its statement or field. */
  private void value(Exp exp, int line) {
    if (!seen.add(exp)) {
      return;
    }
    if (exp instanceof Exp.Constant constant) {
      constant(constant.value, line);
    } else if (exp instanceof Exp.ParensExp inner) {
      value(inner.exp, line);
    } else if (exp instanceof Exp.BinopExp either && either.op == Lua.OP_OR) {
      value(either.lhs, line);
      value(either.rhs, line);
    } else if (exp instanceof Exp.BinopExp both && both.op == Lua.OP_AND) {
      value(both.rhs, line);
    } else if (exp instanceof TableConstructor list) {
      if (list.fields != null) {
        for (Object field : list.fields) {
          field((TableField) field);
        }
      }
    } else if (exp instanceof Exp.NameExp name) {
      Exp only = onlyValue(name);
      if (only != null && !(only instanceof Exp.NameExp)) {
        value(only, lineOf(name, line));
      } else if (only != null) {
        value(only, line);
      }
    } else if (exp instanceof Exp.FuncCall call && call.lhs instanceof Exp.NameExp name) {
      Variable variable = walk.variable(name);
      FuncBody body = variable == null ? null : variable.onlyFunction();
      if (body != null) {
        body.block.accept(new Returns());
      }
    } else {
      part(exp);
    }
  }

  private int lineOf(Exp.NameExp name, int line) {
    Variable variable = walk.variable(name);
    return variable == null ? line : variable.line;
  }

  private @Nullable Exp onlyValue(Exp.NameExp name) {
    Variable variable = walk.variable(name);
    return variable == null ? null : variable.onlyValue();
  }

  /** Checks {@code map[x]}: any value of the table may be returned. */
  private void part(Exp exp) {
    Exp owner = ownerOf(exp);
    if (owner == null) {
      return;
    }
    String key = keyOf(exp);
    path.push(owner instanceof Exp.NameExp name ? name.name.name : path.getFirst());
    tables++;
    for (TableConstructor table : tables(owner, 0)) {
      for (TableField field : fields(table)) {
        if (key == null || key.equals(keyOf(field))) {
          field(field);
        }
      }
    }
    Variable variable = owner instanceof Exp.NameExp name ? walk.variable(name) : null;
    if (variable != null && key == null && storesConstants(variable)) {
      for (Variable.Store store : variable.stores()) {
        if (store.value() instanceof Exp.Constant constant) {
          value(constant, store.line());
        }
      }
    }
    tables--;
    path.pop();
  }

  /** The tables that an expression may be; none if that is not known. */
  private List<TableConstructor> tables(Exp exp, int depth) {
    if (exp instanceof TableConstructor table) {
      return List.of(table);
    }
    if (depth == MAX_DEPTH) {
      return List.of();
    }
    if (exp instanceof Exp.NameExp name) {
      Variable variable = walk.variable(name);
      // What the file stores there when it runs is not known.
      Exp only = variable != null && storesConstants(variable) ? variable.onlyValue() : null;
      return only == null ? List.of() : tables(only, depth + 1);
    }
    Exp owner = ownerOf(exp);
    List<TableConstructor> inner = new ArrayList<>();
    if (owner != null) {
      String key = keyOf(exp);
      for (TableConstructor table : tables(owner, depth + 1)) {
        for (TableField field : fields(table)) {
          if (field.rhs instanceof TableConstructor value
              && (key == null || key.equals(keyOf(field)))) {
            inner.add(value);
          }
        }
      }
    }
    return inner;
  }

  private static List<TableField> fields(TableConstructor table) {
    List<TableField> fields = new ArrayList<>();
    if (table.fields != null) {
      for (Object field : table.fields) {
        fields.add((TableField) field);
      }
    }
    return fields;
  }

  private static @Nullable Exp ownerOf(Exp exp) {
    if (exp instanceof Exp.IndexExp index) {
      return index.lhs;
    }
    return exp instanceof Exp.FieldExp field ? field.lhs : null;
  }

  /** The constant key of a part; null if it is computed. */
  private static @Nullable String keyOf(Exp exp) {
    if (exp instanceof Exp.FieldExp field) {
      return field.name.name;
    }
    return exp instanceof Exp.IndexExp index && index.exp instanceof Exp.Constant constant
        ? constant.value.tojstring()
        : null;
  }

  private static boolean storesConstants(Variable variable) {
    return variable.stores().stream().allMatch(store -> isConstant(store.value()));
  }

  private static boolean isConstant(@Nullable Exp value) {
    return value instanceof Exp.Constant;
  }

  private static @Nullable String keyOf(TableField field) {
    if (field.name != null) {
      return field.name;
    }
    return field.index instanceof Exp.Constant constant ? constant.value.tojstring() : null;
  }

  private void field(TableField field) {
    String key = keyOf(field);
    path.push(key == null ? path.getFirst() : path.getFirst() + "[" + ValueText.quoted(key) + "]");
    value(field.rhs, field.beginLine);
    path.pop();
  }

  private void constant(LuaValue value, int line) {
    if (value.type() == LuaValue.TNUMBER) {
      double index = value.todouble();
      if (!(index >= 1 && index <= slots.size() && index == Math.rint(index))) {
        add(line, value, "an index from 1 to " + slots.size());
      }
    } else if (value.type() == LuaValue.TSTRING && !isTarget(value.tojstring())) {
      add(line, value, "a slot's name or an address" + hint(value.tojstring()));
    }
  }

  private void add(int line, LuaValue value, String expected) {
    String text = path.getFirst() + ": " + ValueText.of(value) + " (expected: " + expected + ")";
    if (tables > 0) {
      problems.add(line, text);
    } else {
      // A trial of select finds those that matter: a branch may never run.
      problems.warn(line, text);
    }
  }

  private boolean isTarget(String text) {
    return names.contains(text)
        || Place.ofLiteral(text, tls) != null
        || slots.stream()
            .map(Slot::place)
            .anyMatch(place -> place != null && place.text().equals(text));
  }

  private String hint(String text) {
    if (text.length() < NearestKey.MIN_LENGTH) {
      return "";
    }
    int least = text.length() <= 5 ? 2 : 3;
    String nearest = null;
    for (Slot slot : slots) {
      int distance = NearestKey.distance(text, slot.name());
      if (distance < least) {
        least = distance;
        nearest = slot.name();
      }
    }
    return nearest == null ? "" : "; did you mean " + nearest + "?";
  }
}
