// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * Counts the hosts that backends answered, for one event loop. Called on the loop's thread.
 *
 * <p>Only responses of backends with a status below 500 count. Refused requests and hosts that only
 * fail are not recorded. A status of 4xx counts less ({@link ServedDays}), because most backends
 * send one for names that clients invent.
 */
public final class HostTally {
  private HostCounts counts = new HostCounts();

  /** Returns the counts and continues with an empty table. */
  public HostCounts swap(HostCounts empty) {
    HostCounts full = counts;
    counts = empty;
    return full;
  }

  /**
   * The host of one exchange, from the request's head to the response's. Reused for each exchange.
   */
  public static final class Visit {
    private byte[] host = new byte[64];
    private int length;

    /** Created once per connection. */
    public Visit() {}

    /** Begins an exchange. Copies the host, because the head will be overwritten. */
    public void begin(byte[] canonical, int hostLength) {
      if (hostLength > host.length) {
        host = new byte[256];
      }
      System.arraycopy(canonical, 0, host, 0, hostLength);
      length = hostLength;
    }

    /**
     * Counts a backend's final response.
     *
     * @param slot the name of the slot or address that responded
     */
    public void answered(HostTally tally, int status, String slot) {
      if (status < 500 && length > 0) {
        tally.counts.add(host, length, slot, status < 400);
      }
    }
  }
}
