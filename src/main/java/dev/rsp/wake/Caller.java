// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;

/** Calls the URL that starts a site. */
interface Caller {
  /**
   * Receives the result of a call, on any thread. After {@link #calling} at most one other method
   * is called.
   */
  interface Result {
    /** The URL is about to be called: no file is configured, or the site's file does not exist. */
    void calling();

    /** The response had a 2xx status. */
    void accepted();

    /** The site's file exists, so the URL was not called. */
    void exists();

    /** The response had another status. */
    void refused(int status);

    /** There was no response. */
    void failed(String why);
  }

  /** Calls the URL; does not block. */
  void call(String host, Initialise by, Result result);

  /** Stops; no more calls are made. */
  void close();
}
