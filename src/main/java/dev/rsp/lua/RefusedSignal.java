// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/** Ends a call because the script refused the request. {@code pcall} cannot catch it. */
final class RefusedSignal extends Error {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String reason;

  RefusedSignal(int status, String reason) {
    super(reason, null, false, false);
    this.status = status;
    this.reason = reason;
  }

  int status() {
    return status;
  }

  String reason() {
    return reason;
  }
}
