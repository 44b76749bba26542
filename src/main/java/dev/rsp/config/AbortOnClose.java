// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/** Which requests end when their client ends its side before the response begins. */
public enum AbortOnClose {
  /** None: a client may end its side and still read the response. */
  NONE,
  /** GET and HEAD: to stop half-way does no harm. */
  GET,
  /** All. */
  ALL;

  /**
   * Whether it is for one request.
   *
   * @param isSafe whether it is a GET or HEAD
   */
  public boolean ends(boolean isSafe) {
    return this == ALL || (this == GET && isSafe);
  }
}
