// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;

/** Calls the URL that starts a site. */
interface Caller {
  /** What a call finds out; on any thread. After {@link #calling} at most one of the others. */
  interface Result {
    /** The site's file, if one was asked for, is not there: the URL is about to be called. */
    void calling();

    /** The answer was a success. */
    void accepted();

    /** The site's file is there, so the URL was not called. */
    void exists();

    /** The answer was another. */
    void refused(int status);

    /** There was no answer. */
    void failed(String why);
  }

  /** Calls it without waiting for the answer. */
  void call(String host, Initialise by, Result result);

  /** Makes no more calls. */
  void close();
}
