// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.List;

/** The result of a script's {@code select}. */
public sealed interface Selection {
  /**
   * Choices in order of preference, at least one.
   *
   * @param hostOnly whether the script read nothing but {@code request.host}, so that the result is
   *     valid for every request with that host
   */
  record Chosen(List<Choice> choices, boolean hostOnly) implements Selection {
    public Chosen {
      choices = List.copyOf(choices);
    }
  }

  /**
   * The script returned {@code nil, reason} or called {@code refuse}: the request must be refused.
   *
   * @param status 400 to 599
   */
  record Refused(int status, String reason, boolean hostOnly) implements Selection {
    /** The status for {@code nil, reason}: no backend serves that host now. */
    static final int UNAVAILABLE = 503;

    /** The reason if the script gives none, as a script does that forgets {@code return}. */
    public static final String NO_REASON = "refused by select";

    Refused(String reason, boolean hostOnly) {
      this(UNAVAILABLE, reason, hostOnly);
    }
  }

  /**
   * The script failed: it raised an error, exceeded its budget, or returned an invalid value.
   *
   * @param message the error, with {@code file:line} if known; safe to log
   */
  record Failed(String message) implements Selection {}

  /** One slot or address. */
  sealed interface Choice {
    /** A slot by its index, from 1. */
    record Index(int index) implements Choice {}

    /** A slot's name, or an address outside the list. */
    record Text(String text) implements Choice {}
  }
}
