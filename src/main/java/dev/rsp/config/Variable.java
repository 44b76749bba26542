// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.FuncBody;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;

/** A variable of a file, local or global, and what the text does with it. */
final class Variable {
  /** Where it is declared. */
  enum Scope {
    GLOBAL,
    /** Local, outside any function. */
    FILE,
    /** Local in a function. */
    FUNCTION
  }

  /** A value that is stored in the table of this variable: {@code name[key] = value}. */
  record Store(@Nullable Exp key, @Nullable Exp value, int line) {}

  final String name;
  final Scope scope;

  /** Where it is declared; of a global, where it is first assigned or read. */
  final int line;

  private final List<@Nullable Exp> values = new ArrayList<>();
  private final List<Store> stores = new ArrayList<>();
  private int reads;

  /** Whether it is used other than to read fields with constant names. */
  private boolean isPassedOn;

  private @Nullable FuncBody function;
  private @Nullable Set<String> fields;

  Variable(String name, Scope scope, int line) {
    this.name = name;
    this.scope = scope;
    this.line = line;
  }

  /** Records an assignment; the value is null if it is not one expression. */
  void assign(@Nullable Exp value) {
    values.add(value);
  }

  void store(Store store) {
    stores.add(store);
  }

  /**
   * Records a read.
   *
   * @param field the constant name of the field that is read; null if the value itself is used
   */
  void read(@Nullable String field) {
    reads++;
    isPassedOn |= field == null;
  }

  /** Records that it is assigned a function. */
  void assignFunction(FuncBody body) {
    function = values.isEmpty() ? body : null;
    values.add(null);
  }

  /** The body of the function that it is, if nothing else is assigned; else null. */
  @Nullable FuncBody onlyFunction() {
    return values.size() == 1 ? function : null;
  }

  /**
   * The names of its fields, if it is a table that the file writes once and then only reads by
   * constant names; else null.
   */
  @Nullable Set<String> fields() {
    if (isPassedOn || !stores.isEmpty() || !(onlyValue() instanceof TableConstructor table)) {
      return null;
    }
    if (fields == null) {
      fields = new HashSet<>();
      if (table.fields != null) {
        for (Object element : table.fields) {
          var field = (TableField) element;
          if (field.name != null) {
            fields.add(field.name);
          } else if (field.index instanceof Exp.Constant constant) {
            fields.add(constant.value.tojstring());
          } else if (field.index != null) {
            isPassedOn = true;
            return null;
          }
        }
      }
    }
    return fields;
  }

  /** Whether the file assigns it anywhere, also in a function. */
  boolean isAssigned() {
    return !values.isEmpty();
  }

  /** Whether it gets its value at one place; that of a parameter is the call. */
  boolean isAssignedOnce() {
    return values.size() == 1;
  }

  /** How often the text reads it. */
  int reads() {
    return reads;
  }

  boolean isRead() {
    return reads > 0;
  }

  /** Its value, if the file assigns exactly one and the expression is known; else null. */
  @Nullable Exp onlyValue() {
    return values.size() == 1 ? values.get(0) : null;
  }

  List<Store> stores() {
    return stores;
  }
}
