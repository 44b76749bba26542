// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.ast.Exp;

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

  void read() {
    reads++;
  }

  /** Whether the file assigns it anywhere, also in a function. */
  boolean isAssigned() {
    return !values.isEmpty();
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
