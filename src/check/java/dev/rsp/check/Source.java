// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

/**
 * A source file as it is now.
 *
 * @param path relative to the project, with slashes
 * @param inTests whether it is compiled with the tests
 * @param className the class that the file is named after
 * @param text what is in it
 * @param classFiles what is in the class files made of it, each byte as one character; empty if
 *     there are none
 */
record Source(String path, boolean inTests, String className, String text, String classFiles) {
  /** Without the package. */
  String simpleName() {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  String packageName() {
    return className.substring(0, className.lastIndexOf('.'));
  }

  /** Whether it has tests to run, as Maven's Surefire decides it: by the name. */
  boolean isTest() {
    return inTests
        && simpleName().endsWith("Test")
        && !text.contains("abstract class " + simpleName());
  }
}
