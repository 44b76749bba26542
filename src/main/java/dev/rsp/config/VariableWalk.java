// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.ast.Block;
import org.luaj.vm2.ast.Chunk;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.FuncBody;
import org.luaj.vm2.ast.Name;
import org.luaj.vm2.ast.Stat;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;
import org.luaj.vm2.ast.Visitor;

/**
 * Walks over a whole file, functions included, and finds its variables, the globals that it reads,
 * and what it sets twice.
 */
final class VariableWalk extends Visitor {
  /** Tables with all globals: a file that passes one on can set any global without naming it. */
  private static final Set<String> ALL_GLOBALS = Set.of("_G", "_ENV");

  /**
   * A read of a variable.
   *
   * @param field the constant name of the field that is read of it, or null
   * @param isTested whether the file only tests the value that it reads, as in {@code x or 1},
   *     {@code if x} and {@code x == nil}
   * @param mayNotRun whether it is in a function or in a branch
   */
  record Read(
      Variable variable, @Nullable String field, int line, boolean isTested, boolean mayNotRun) {}

  /** A key that is set again before anything has read it; {@code firstLine} is in vain. */
  record Repeated(String key, int firstLine, int line) {}

  /** A key that occurs twice in one table constructor. */
  record Twice(String key, int firstLine, int line, boolean inFunction) {}

  private final Map<String, Variable> globals = new HashMap<>();
  private final List<Variable> locals = new ArrayList<>();
  private final List<Read> reads = new ArrayList<>();
  private final List<Repeated> repeated = new ArrayList<>();
  private final List<Twice> twice = new ArrayList<>();
  private final IdentityHashMap<Exp.NameExp, Variable> resolved = new IdentityHashMap<>();
  private final Map<String, FuncBody> functions = new HashMap<>();
  private final Set<String> keys;
  private Names scope = new Names(null);
  private Set<String> guarded = new HashSet<>();

  /** The lines of the keys that the current block has set, and that nothing has read since. */
  private Map<String, Integer> unread = new HashMap<>();

  private int functionDepth;

  /** The number of branches around the current statement that may never run. */
  private int branchDepth;

  private boolean anyGlobal;

  /** The local variables of a block, linked to those of the enclosing blocks. */
  private static final class Names {
    final @Nullable Names outer;
    final Map<String, Variable> locals = new HashMap<>();

    Names(@Nullable Names outer) {
      this.outer = outer;
    }

    @Nullable Variable find(String name) {
      for (Names names = this; names != null; names = names.outer) {
        Variable local = names.locals.get(name);
        if (local != null) {
          return local;
        }
      }
      return null;
    }
  }

  private VariableWalk(Set<String> keys) {
    this.keys = keys;
  }

  /**
   * Walks over a file.
   *
   * @param keys the globals that are reported if they are set again before anything reads them
   * @return null if its expressions are nested too deeply
   */
  static @Nullable VariableWalk over(Chunk chunk, List<String> keys) {
    var walk = new VariableWalk(Set.copyOf(keys));
    try {
      walk.block(chunk.block, List.of());
      return walk;
    } catch (StackOverflowError e) {
      return null;
    }
  }

  /** Whether the file can set or read a global without naming it. */
  boolean usesAnyGlobal() {
    return anyGlobal;
  }

  List<Read> reads() {
    return reads;
  }

  List<Repeated> repeated() {
    return repeated;
  }

  List<Twice> twice() {
    return twice;
  }

  /** All local variables but the parameters of functions and the variables of loops. */
  List<Variable> locals() {
    return locals;
  }

  /** The global of that name; null if the file does not mention it. */
  @Nullable Variable global(String name) {
    return globals.get(name);
  }

  /** The variable that an expression names. */
  @Nullable Variable variable(Exp.NameExp name) {
    return resolved.get(name);
  }

  /** The body of the global function of that name that is last in the file; null if none. */
  @Nullable FuncBody function(String name) {
    return functions.get(name);
  }

  private Names enter() {
    Names outer = scope;
    scope = new Names(outer);
    return outer;
  }

  private void block(@Nullable Block block, List<?> names) {
    if (block == null || block.stats == null) {
      return;
    }
    Names outer = enter();
    for (Object name : names) {
      declare((Name) name, block.beginLine, true).assign(null);
    }
    for (Object statement : block.stats) {
      ((Stat) statement).accept(this);
    }
    scope = outer;
  }

  /** A block that may run once, never or often. */
  private void conditional(@Nullable Block block, List<?> names) {
    Map<String, Integer> before = unread;
    unread = new HashMap<>();
    block(block, names);
    unread = before;
  }

  /** A block that may never run. */
  private void branch(@Nullable Block block) {
    branchDepth++;
    conditional(block, List.of());
    branchDepth--;
  }

  /** A block that runs only if these variables are not nil. */
  private void guardedBlock(@Nullable Exp condition, @Nullable Block block) {
    Set<String> before = guarded;
    guarded = new HashSet<>(before);
    addTested(condition, guarded);
    branch(block);
    guarded = before;
  }

  /** Adds the names that a condition tests for being set. */
  private static void addTested(@Nullable Exp condition, Set<String> names) {
    if (condition instanceof Exp.NameExp name) {
      names.add(name.name.name);
    } else if (condition instanceof Exp.ParensExp inner) {
      addTested(inner.exp, names);
    } else if (condition instanceof Exp.BinopExp both && both.op == Lua.OP_AND) {
      addTested(both.lhs, names);
      addTested(both.rhs, names);
    } else if (condition instanceof Exp.BinopExp unequal && unequal.op == Lua.OP_NEQ) {
      addTested(unequal.lhs, names);
    }
  }

  private Variable declare(Name name, int line, boolean isParameter) {
    var variable =
        new Variable(
            name.name, functionDepth == 0 ? Variable.Scope.FILE : Variable.Scope.FUNCTION, line);
    scope.locals.put(name.name, variable);
    if (!isParameter) {
      locals.add(variable);
    }
    return variable;
  }

  private Variable find(String name, int line) {
    Variable local = scope.find(name);
    return local != null
        ? local
        : globals.computeIfAbsent(name, n -> new Variable(n, Variable.Scope.GLOBAL, line));
  }

  // Statements.

  @Override
  public void visit(Block block) {
    block(block, List.of());
  }

  @Override
  public void visit(Stat.Assign assign) {
    visitExps(assign.exps);
    for (int i = 0; i < assign.vars.size(); i++) {
      target((Exp) assign.vars.get(i), valueAt(assign.exps, i), assign.beginLine);
    }
  }

  @Override
  public void visit(Stat.LocalAssign local) {
    visitExps(local.values);
    for (int i = 0; i < local.names.size(); i++) {
      assign(declare((Name) local.names.get(i), local.beginLine, false), valueAt(local.values, i));
    }
  }

  @Override
  public void visit(Stat.LocalFuncDef function) {
    declare(function.name, function.beginLine, false).assignFunction(function.body);
    function.body.accept(this);
  }

  @Override
  public void visit(Stat.FuncDef function) {
    String name = function.name.name.name;
    Variable variable = find(name, function.beginLine);
    List<String> parts = new ArrayList<>();
    if (function.name.dots != null) {
      for (Object dot : function.name.dots) {
        parts.add((String) dot);
      }
    }
    if (function.name.method != null) {
      parts.add(function.name.method);
    }
    if (parts.isEmpty()) {
      variable.assignFunction(function.body);
      setFunction(variable, function.body);
    } else {
      variable.store(new Variable.Store(null, null, function.beginLine));
    }
    if (variable.scope == Variable.Scope.GLOBAL) {
      set(parts.isEmpty() ? name : name + "." + String.join(".", parts), function.beginLine);
    }
    Names outer = enter();
    if (function.name.method != null) {
      scope.locals.put("self", new Variable("self", Variable.Scope.FUNCTION, function.beginLine));
    }
    function.body.accept(this);
    scope = outer;
  }

  private void setFunction(Variable variable, FuncBody body) {
    if (variable.scope == Variable.Scope.GLOBAL) {
      functions.put(variable.name, body);
    }
  }

  @Override
  public void visit(Stat.IfThenElse choice) {
    condition(choice.ifexp);
    guardedBlock(choice.ifexp, choice.ifblock);
    if (choice.elseifblocks != null) {
      for (int i = 0; i < choice.elseifblocks.size(); i++) {
        var exp = (Exp) choice.elseifexps.get(i);
        condition(exp);
        guardedBlock(exp, (Block) choice.elseifblocks.get(i));
      }
    }
    branch(choice.elseblock);
  }

  @Override
  public void visit(Stat.WhileDo loop) {
    condition(loop.exp);
    guardedBlock(loop.exp, loop.block);
  }

  @Override
  public void visit(Stat.RepeatUntil loop) {
    conditional(loop.block, List.of());
    // The condition can name the locals of the block, which are out of scope here.
    Names outer = enter();
    if (loop.block.stats != null) {
      for (Object statement : loop.block.stats) {
        if (statement instanceof Stat.LocalAssign local) {
          for (Object name : local.names) {
            String known = ((Name) name).name;
            scope.locals.put(known, new Variable(known, Variable.Scope.FUNCTION, loop.beginLine));
          }
        }
      }
    }
    condition(loop.exp);
    scope = outer;
  }

  @Override
  public void visit(Stat.NumericFor loop) {
    loop.initial.accept(this);
    loop.limit.accept(this);
    if (loop.step != null) {
      loop.step.accept(this);
    }
    conditional(loop.block, List.of(loop.name));
  }

  @Override
  public void visit(Stat.GenericFor loop) {
    visitExps(loop.exps);
    conditional(loop.block, loop.names);
  }

  @Override
  public void visit(FuncBody body) {
    Map<String, Integer> before = unread;
    unread = new HashMap<>();
    functionDepth++;
    block(body.block, body.parlist.names == null ? List.of() : body.parlist.names);
    functionDepth--;
    unread = before;
  }

  // Assignments.

  private static @Nullable Exp valueAt(@Nullable List<?> values, int index) {
    return values == null || index >= values.size() ? null : (Exp) values.get(index);
  }

  private static void assign(Variable variable, @Nullable Exp value) {
    if (value instanceof Exp.AnonFuncDef function) {
      variable.assignFunction(function.body);
    } else {
      variable.assign(value);
    }
  }

  private void target(Exp target, @Nullable Exp value, int line) {
    if (target instanceof Exp.NameExp name) {
      Variable variable = find(name.name.name, line);
      assign(variable, value);
      resolved.put(name, variable);
      if (variable.scope == Variable.Scope.GLOBAL) {
        set(name.name.name, line);
        if (value instanceof Exp.AnonFuncDef function) {
          setFunction(variable, function.body);
        }
      }
      return;
    }
    String global = globalOf(target);
    if (global != null) { // _G.name = value
      find(global, line).assign(value);
      return;
    }
    List<String> path = new ArrayList<>();
    Variable owner = part(target, value, line, path);
    if (owner != null && owner.scope == Variable.Scope.GLOBAL && !path.contains("")) {
      set(owner.name + String.join("", path), line);
    }
  }

  /**
   * Records a store in a part of a variable. The table is not read by that: what nothing else reads
   * is in vain.
   *
   * @param path receives the parts, such as {@code .head} and {@code [1]}; "" for one that is no
   *     constant
   * @return the variable; null if the table is the result of another expression
   */
  private @Nullable Variable part(Exp target, @Nullable Exp value, int line, List<String> path) {
    Exp owner = ownerOf(target);
    Exp key = target instanceof Exp.IndexExp index ? index.exp : null;
    if (key != null) {
      key.accept(this);
    }
    Variable variable = null;
    if (owner instanceof Exp.NameExp name) {
      variable = find(name.name.name, line);
      resolved.put(name, variable);
      variable.store(new Variable.Store(key, value, line));
    } else if (owner instanceof Exp.VarExp inner && globalOf(owner) == null) {
      variable = part(inner, null, line, path);
    } else if (owner != null) {
      owner.accept(this);
    }
    String segment =
        target instanceof Exp.FieldExp field
            ? "." + field.name.name
            : key == null ? "" : segment(key);
    path.add(segment);
    return variable;
  }

  private static @Nullable Exp ownerOf(Exp exp) {
    if (exp instanceof Exp.FieldExp field) {
      return field.lhs;
    }
    return exp instanceof Exp.IndexExp index ? index.lhs : null;
  }

  /** A part of a path that a constant names; "" if it is no constant. */
  private static String segment(Exp key) {
    if (!(key instanceof Exp.Constant constant)) {
      return "";
    }
    LuaValue value = constant.value;
    if (value.type() == LuaValue.TSTRING) {
      return "." + value.tojstring();
    }
    return value.isint() ? KeyPath.indexSegment(value.toint()) : "";
  }

  /** Records that a statement sets a key. */
  private void set(String path, int line) {
    String key = path.split("[.\\[]", 2)[0];
    if (functionDepth > 0 || !keys.contains(key)) {
      return;
    }
    Integer first = unread.get(path);
    if (first != null) {
      repeated.add(new Repeated(path, first, line));
    }
    unread.keySet().removeIf(known -> isPartOf(known, path));
    unread.put(path, line);
  }

  private static boolean isPartOf(String path, String whole) {
    return path.startsWith(whole)
        && path.length() > whole.length()
        && ".[".indexOf(path.charAt(whole.length())) >= 0;
  }

  // Expressions.

  @Override
  public void visit(Exp.NameExp name) {
    read(name, null, false);
  }

  private void read(Exp.NameExp exp, @Nullable String field, boolean isTested) {
    String name = exp.name.name;
    Variable variable = find(name, exp.endLine);
    resolved.put(exp, variable);
    variable.read(field);
    boolean isGuarded = isTested || guarded.contains(name);
    reads.add(new Read(variable, field, exp.endLine, isGuarded, functionDepth + branchDepth > 0));
    if (variable.scope != Variable.Scope.GLOBAL) {
      return;
    }
    if (ALL_GLOBALS.contains(name) && field == null) {
      anyGlobal = true;
    }
    if (functionDepth == 0) {
      unread.keySet().removeIf(known -> known.equals(name) || isPartOf(known, name));
    }
  }

  /** Reads {@code _G.name} as {@code name}. */
  private @Nullable String globalOf(Exp exp) {
    return exp instanceof Exp.FieldExp field
            && field.lhs instanceof Exp.NameExp table
            && ALL_GLOBALS.contains(table.name.name)
            && scope.find(table.name.name) == null
        ? field.name.name
        : null;
  }

  @Override
  public void visit(Exp.FieldExp field) {
    String global = globalOf(field);
    if (global != null) {
      // Explicit: the file knows that it may be nil.
      find(global, field.endLine).read(null);
    } else if (field.lhs instanceof Exp.NameExp name) {
      read(name, field.name.name, false);
    } else {
      field.lhs.accept(this);
    }
  }

  @Override
  public void visit(Exp.BinopExp exp) {
    switch (exp.op) {
      case Lua.OP_OR -> {
        condition(exp.lhs);
        exp.rhs.accept(this);
      }
      case Lua.OP_AND -> {
        condition(exp.lhs);
        Set<String> before = guarded;
        guarded = new HashSet<>(before);
        addTested(exp.lhs, guarded);
        exp.rhs.accept(this);
        guarded = before;
      }
      case Lua.OP_EQ, Lua.OP_NEQ -> {
        condition(exp.lhs);
        condition(exp.rhs);
      }
      default -> super.visit(exp);
    }
  }

  @Override
  public void visit(Exp.UnopExp exp) {
    if (exp.op == Lua.OP_NOT) {
      condition(exp.rhs);
    } else {
      exp.rhs.accept(this);
    }
  }

  /** Visits an expression whose value is only tested. */
  private void condition(Exp exp) {
    if (exp instanceof Exp.NameExp name) {
      read(name, null, true);
    } else if (exp instanceof Exp.FieldExp field
        && field.lhs instanceof Exp.NameExp name
        && globalOf(field) == null) {
      read(name, field.name.name, true);
    } else if (exp instanceof Exp.ParensExp inner) {
      condition(inner.exp);
    } else {
      exp.accept(this);
    }
  }

  @Override
  public void visit(Exp.FuncCall call) {
    boolean isType =
        call.lhs instanceof Exp.NameExp name
            && name.name.name.equals("type")
            && !(call instanceof Exp.MethodCall);
    call.lhs.accept(this);
    if (isType && call.args.exps != null && call.args.exps.size() == 1) {
      condition((Exp) call.args.exps.get(0));
    } else {
      call.args.accept(this);
    }
  }

  @Override
  public void visit(Exp.MethodCall call) {
    call.lhs.accept(this);
    call.args.accept(this);
  }

  @Override
  public void visit(TableConstructor table) {
    if (table.fields == null) {
      return;
    }
    Map<String, Integer> lines = new HashMap<>();
    int index = 0;
    for (Object element : table.fields) {
      var field = (TableField) element;
      String key;
      if (field.name != null) {
        key = field.name;
      } else if (field.index == null) {
        key = KeyPath.indexSegment(++index);
      } else {
        field.index.accept(this);
        String segment = segment(field.index);
        key = segment.startsWith(".") ? segment.substring(1) : segment;
      }
      field.rhs.accept(this);
      Integer first = key.isEmpty() ? null : lines.putIfAbsent(key, field.beginLine);
      if (first != null) {
        twice.add(new Twice(key, first, field.beginLine, functionDepth > 0));
      }
    }
  }
}
