// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A referee's result for a stream.
 *
 * @param messages the messages up to the first violation; only the last may be truncated
 * @param violation null if there is none
 */
public record Verdict(List<Message> messages, @Nullable Violation violation) {
  /** The messages, if the stream has no violation. */
  public List<Message> sound() {
    if (violation != null) {
      throw new AssertionError(violation.toString());
    }
    return messages;
  }
}
