// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

/** A certificate or key cannot be used. The message is a reason for operators, without a path. */
public final class UnusableException extends Exception {
  private static final long serialVersionUID = 1;

  UnusableException(String reason) {
    super(reason, null, false, false);
  }

  /** The reason. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
