// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.function.Consumer;

/** Says for which hosts certificates may be ordered. */
public interface Allow {
  /** What is known of a host. */
  enum Answer {
    /** Certificates may be ordered for it. */
    YES,
    /** None may be ordered for it. */
    NO,
    /** This could not be asked, or is not known now: nothing is ordered, and it is asked again. */
    UNKNOWN
  }

  /**
   * Asks for a host. The answers are cached by the caller, so this need not be fast; but it must
   * not block, because all hosts wait meanwhile.
   *
   * @param host canonical
   * @param answer to be called once, on any thread; at once if the answer is known
   */
  void ask(String host, Consumer<Answer> answer);
}
