// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.FuncBody;
import org.luaj.vm2.ast.Name;
import org.luaj.vm2.ast.Visitor;

/**
 * Finds fields that {@code select} and {@code on_failure} read of {@code request} and {@code
 * failure}, and that these do not have. A trial finds only those in branches that it runs, and
 * {@code on_failure} runs when something has already failed.
 */
final class ArgumentFields extends Visitor {
  /** As in {@link dev.rsp.lua.RequestView}. */
  private static final List<String> REQUEST =
      List.of(
          "host", "method", "path", "query", "scheme", "tls", "client", "header", "original_host");

  /** As in {@link dev.rsp.lua.Failure}. */
  private static final List<String> FAILURE = List.of("slot", "address", "reason", "attempt");

  private final VariableWalk walk;
  private final Problems problems;
  private final String argument;
  private final String parameter;
  private final List<String> fields;

  private ArgumentFields(
      VariableWalk walk,
      Problems problems,
      String argument,
      String parameter,
      List<String> fields) {
    this.walk = walk;
    this.problems = problems;
    this.argument = argument;
    this.parameter = parameter;
    this.fields = fields;
  }

  /** Warns of each such field. */
  static void check(VariableWalk walk, Problems problems) {
    check(walk, problems, Keys.SELECT, List.of(REQUEST));
    check(walk, problems, Keys.ON_FAILURE, List.of(REQUEST, FAILURE));
  }

  private static void check(
      VariableWalk walk, Problems problems, String function, List<List<String>> arguments) {
    FuncBody body = walk.function(function);
    if (body == null || body.parlist.names == null) {
      return;
    }
    List<?> parameters = body.parlist.names;
    for (int i = 0; i < Math.min(arguments.size(), parameters.size()); i++) {
      List<String> fields = arguments.get(i);
      String argument = fields == REQUEST ? "request" : "failure";
      String parameter = ((Name) parameters.get(i)).name;
      body.block.accept(new ArgumentFields(walk, problems, argument, parameter, fields));
    }
  }

  @Override
  public void visit(Exp.FieldExp exp) {
    field(exp.lhs, exp.name.name, exp.endLine);
    super.visit(exp);
  }

  @Override
  public void visit(Exp.MethodCall call) {
    field(call.lhs, call.name, call.endLine);
    super.visit(call);
  }

  private void field(@Nullable Exp owner, String field, int line) {
    if (owner instanceof Exp.NameExp name
        && name.name.name.equals(parameter)
        && isParameter(walk.variable(name))
        && !fields.contains(field)) {
      problems.warn(
          line,
          "%s has no field %s (expected: one of %s%s)"
              .formatted(
                  argument,
                  ValueText.quoted(field),
                  String.join(", ", fields),
                  NearestKey.suggestion(field, fields)));
    }
  }

  /** Not a local variable of the same name, nor a parameter that the function assigns. */
  private static boolean isParameter(@Nullable Variable variable) {
    return variable != null
        && variable.scope == Variable.Scope.FUNCTION
        && variable.onlyValue() == null
        && variable.isAssignedOnce();
  }
}
