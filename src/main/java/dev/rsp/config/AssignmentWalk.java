// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.ast.Block;
import org.luaj.vm2.ast.Chunk;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.FuncName;
import org.luaj.vm2.ast.Name;
import org.luaj.vm2.ast.Stat;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;

/**
 * Walks over the statements of a file in order and records the line of each assignment.
 *
 * <p>The last assignment in the text wins, whether or not its branch runs. Local variables are
 * tracked, so that {@code local t = {…}; backends = t} keeps the lines of the entries. Function
 * bodies are skipped: they run later, or never.
 */
final class AssignmentWalk {
  private final Map<String, Node> globals = new HashMap<>();
  private Scope scope = new Scope(null);

  /** An assigned value. Tables are shared references, as in Lua. */
  static final class Node {
    final int line;
    final Map<String, Node> parts;

    Node(int line, Map<String, Node> parts) {
      this.line = line;
      this.parts = parts;
    }

    Node(int line) {
      this(line, new HashMap<>());
    }
  }

  /** The local variables of a block, linked to those of the enclosing blocks. */
  private static final class Scope {
    final @Nullable Scope outer;
    final Map<String, Node> locals = new HashMap<>();

    Scope(@Nullable Scope outer) {
      this.outer = outer;
    }

    /** The innermost scope that declares the name; null if it is a global. */
    @Nullable Scope declaring(String name) {
      for (Scope s = this; s != null; s = s.outer) {
        if (s.locals.containsKey(name)) {
          return s;
        }
      }
      return null;
    }
  }

  Map<String, Node> globalsOf(Chunk chunk) {
    block(chunk.block, List.of());
    return globals;
  }

  /** Walks a block in which the given names are local, such as the variables of a loop. */
  private void block(@Nullable Block block, List<?> names) {
    if (block == null || block.stats == null) {
      return;
    }
    Scope outer = scope;
    scope = new Scope(outer);
    names.forEach(name -> declare((Name) name, new Node(block.beginLine)));
    for (Object statement : block.stats) {
      statement((Stat) statement);
    }
    scope = outer;
  }

  private void statement(Stat statement) {
    if (statement instanceof Stat.Assign assign) {
      assign(assign);
    } else if (statement instanceof Stat.LocalAssign local) {
      for (int i = 0; i < local.names.size(); i++) {
        declare((Name) local.names.get(i), valueAt(local.values, i, local.beginLine));
      }
    } else if (statement instanceof Stat.FuncDef function) {
      function(function);
    } else if (statement instanceof Stat.LocalFuncDef function) {
      declare(function.name, new Node(function.beginLine));
    } else if (statement instanceof Stat.IfThenElse choice) {
      block(choice.ifblock, List.of());
      if (choice.elseifblocks != null) {
        for (Object block : choice.elseifblocks) {
          block((Block) block, List.of());
        }
      }
      block(choice.elseblock, List.of());
    } else if (statement instanceof Stat.NumericFor loop) {
      block(loop.block, List.of(loop.name));
    } else if (statement instanceof Stat.GenericFor loop) {
      block(loop.block, loop.names);
    } else if (statement instanceof Stat.WhileDo loop) {
      block(loop.block, List.of());
    } else if (statement instanceof Stat.RepeatUntil loop) {
      block(loop.block, List.of());
    } else if (statement instanceof Block inner) {
      block(inner, List.of());
    }
  }

  private void assign(Stat.Assign assign) {
    for (int i = 0; i < assign.vars.size(); i++) {
      var target = (Exp) assign.vars.get(i);
      Node node = valueAt(assign.exps, i, assign.beginLine);
      if (target instanceof Exp.NameExp name) {
        variables(name.name.name).put(name.name.name, node);
      } else {
        Node table = ownerOf(target);
        String segment = segmentOf(target);
        if (table != null && segment != null) {
          table.parts.put(segment, node);
        }
      }
    }
  }

  /** Records {@code function a.b.c()}. A method's name is the last segment. */
  private void function(Stat.FuncDef definition) {
    FuncName name = definition.name;
    Map<String, Node> parts = variables(name.name.name);
    String segment = name.name.name;
    if (name.dots != null) {
      for (Object dot : name.dots) {
        parts = parts.computeIfAbsent(segment, s -> new Node(definition.beginLine)).parts;
        segment = (String) dot;
      }
    }
    if (name.method != null) {
      parts = parts.computeIfAbsent(segment, s -> new Node(definition.beginLine)).parts;
      segment = name.method;
    }
    parts.put(segment, new Node(definition.beginLine));
  }

  private void declare(Name name, Node node) {
    scope.locals.put(name.name, node);
  }

  private Map<String, Node> variables(String name) {
    Scope declaring = scope.declaring(name);
    return declaring == null ? globals : declaring.locals;
  }

  private Node valueAt(@Nullable List<?> values, int index, int line) {
    if (values == null || index >= values.size()) {
      return new Node(line);
    }
    return value((Exp) values.get(index), line);
  }

  /**
   * The node of an expression's value. The line is the key's, because the parser lets an expression
   * begin at the token before it.
   */
  private Node value(Exp exp, int line) {
    if (exp instanceof TableConstructor table) {
      return new Node(line, parts(table));
    }
    Node known = nodeOf(exp);
    return known == null ? new Node(line) : new Node(line, known.parts);
  }

  private Map<String, Node> parts(TableConstructor table) {
    Map<String, Node> parts = new HashMap<>();
    int index = 0;
    if (table.fields != null) {
      for (Object element : table.fields) {
        var field = (TableField) element;
        Node node = value(field.rhs, field.beginLine);
        if (field.name != null) {
          parts.put(field.name, node);
        } else if (field.index == null) {
          index++;
          parts.put(KeyPath.indexSegment(index), node);
        } else {
          String segment = constantSegment(field.index);
          if (segment != null) {
            parts.put(segment, node);
          }
        }
      }
    }
    return parts;
  }

  /** The node of a variable or of a part of it; null if unknown. */
  private @Nullable Node nodeOf(Exp exp) {
    if (exp instanceof Exp.NameExp name) {
      return variables(name.name.name).get(name.name.name);
    }
    Node owner = ownerOf(exp);
    String segment = segmentOf(exp);
    return owner == null || segment == null ? null : owner.parts.get(segment);
  }

  private @Nullable Node ownerOf(Exp exp) {
    if (exp instanceof Exp.FieldExp field) {
      return nodeOf(field.lhs);
    }
    return exp instanceof Exp.IndexExp index ? nodeOf(index.lhs) : null;
  }

  private static @Nullable String segmentOf(Exp exp) {
    if (exp instanceof Exp.FieldExp field) {
      return field.name.name;
    }
    return exp instanceof Exp.IndexExp index ? constantSegment(index.exp) : null;
  }

  /** The part that {@code [2]} or {@code ["head"]} names; null if it is not a constant. */
  private static @Nullable String constantSegment(Exp exp) {
    if (!(exp instanceof Exp.Constant constant)) {
      return null;
    }
    LuaValue value = constant.value;
    if (value.type() == LuaValue.TSTRING) {
      return value.tojstring();
    }
    return value.isint() ? KeyPath.indexSegment(value.toint()) : null;
  }
}
