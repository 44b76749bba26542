// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a referee found in a stream.
 *
 * @param messages up to the first violation; only the last may be cut, and visibly
 * @param violation null if there is none
 */
public record Verdict(List<Message> messages, @Nullable Violation violation) {
  /** The messages, if the stream is as it must be. */
  public List<Message> sound() {
    if (violation != null) {
      throw new AssertionError(violation.toString());
    }
    return messages;
  }
}
