// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.List;

/** What a script's {@code select} answered. */
public sealed interface Selection {
  /**
   * Places in order of preference, at least one.
   *
   * @param hostOnly whether the script looked at nothing but {@code request.host}, so that the
   *     answer holds for every request with that host
   */
  record Chosen(List<Choice> choices, boolean hostOnly) implements Selection {
    public Chosen {
      choices = List.copyOf(choices);
    }
  }

  /**
   * The script answered {@code nil, reason}, or called {@code refuse}: the request is to be
   * refused.
   *
   * @param status 400 to 599
   */
  record Refused(int status, String reason, boolean hostOnly) implements Selection {
    /** What {@code nil, reason} means: nobody serves that host now. */
    static final int UNAVAILABLE = 503;

    Refused(String reason, boolean hostOnly) {
      this(UNAVAILABLE, reason, hostOnly);
    }
  }

  /**
   * The script failed: it raised an error, ran out of its budget, or answered something that is no
   * place.
   *
   * @param message what happened, with {@code file:line} where known; safe to log
   */
  record Failed(String message) implements Selection {}

  /** One place. */
  sealed interface Choice {
    /** A slot by its index, from 1. */
    record Index(int index) implements Choice {}

    /** A slot's name, or an address outside the list. */
    record Text(String text) implements Choice {}
  }
}
