// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Which of the 81 rules of {@code src/test/resources/http-rules.tsv} a test shows. The table in
 * {@code src/docs/http-conformance.md} is made of these.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Rule {
  /** The numbers of the rules, 1 to 81. */
  int[] value();
}
