// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

/** What chose a route, for the access log. */
public enum Why {
  /** The hash of the host. */
  HASH("hash"),
  /** The file's {@code select}, run for this request. */
  SCRIPT("script"),
  /** The same decision as for an earlier request for that host. */
  CACHED("cached"),
  /** The host in the path. */
  PATH("path"),
  /** The file's {@code on_failure}. */
  ON_FAILURE("on_failure");

  private final String text;

  Why(String text) {
    this.text = text;
  }

  /** The name for operators. */
  public String text() {
    return text;
  }
}
