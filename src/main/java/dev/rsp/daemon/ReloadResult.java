// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.util.List;

/**
 * What came of a reload.
 *
 * @param accepted whether the file is in force
 * @param lines why it was refused, or which hosts moved
 */
record ReloadResult(boolean accepted, List<String> lines) {
  ReloadResult {
    lines = List.copyOf(lines);
  }

  static ReloadResult refused(List<String> problems) {
    return new ReloadResult(false, problems);
  }
}
