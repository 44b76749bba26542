// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds where a class of ours reads a field of another class of ours through a third field, as
 * {@code this.connection.state}: in bytecode, two getfield instructions one after the other.
 */
final class FieldChains {
  private static final Pattern CLASS =
      Pattern.compile("(?:[a-z]+ )*(?:class|interface) (dev\\.rsp\\.[\\w.$]+).*");

  /** A field of the class itself is printed without its class. */
  private static final Pattern GETFIELD =
      Pattern.compile(" +\\d+: getfield +#\\d+ +// Field (?:([\\w/$]+)\\.)?(\\w+):.*");

  private static final Pattern INSTRUCTION = Pattern.compile(" +\\d+: .*");

  private FieldChains() {}

  /**
   * The chains in what {@code javap -c -p} printed of some classes, each as {@code user:
   * class.field -> class.field}.
   */
  static List<String> of(String javap) {
    List<String> chains = new ArrayList<>();
    String user = "";
    String before = "";
    for (String line : javap.lines().toList()) {
      Matcher type = CLASS.matcher(line);
      if (type.matches()) {
        user = type.group(1);
        continue;
      }
      Matcher field = GETFIELD.matcher(line);
      if (field.matches()) {
        String owner = field.group(1) == null ? user : field.group(1).replace('/', '.');
        boolean other = !outermost(owner).equals(outermost(user));
        if (!before.isEmpty() && other && owner.startsWith("dev.rsp.")) {
          chains.add(user + ": " + before + " -> " + owner + "." + field.group(2));
        }
        before = owner + "." + field.group(2);
      } else if (INSTRUCTION.matcher(line).matches()) {
        before = "";
      }
    }
    return chains;
  }

  private static String outermost(String className) {
    int nested = className.indexOf('$');
    return nested < 0 ? className : className.substring(0, nested);
  }
}
