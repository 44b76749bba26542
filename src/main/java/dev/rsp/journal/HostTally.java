// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * What one event loop counts: hosts that a backend answered. Called on the loop's own thread.
 *
 * <p>Only what a backend itself answered with a status below 500 counts. A request that was refused
 * leaves nothing behind, and neither does a host that only fails. A status of 4xx counts for less
 * ({@link Standing}), because that is what most backends answer for names that clients invent.
 */
public final class HostTally {
  private HostCounts counts = new HostCounts();

  /** Takes the counts away and goes on with an empty table. */
  public HostCounts swap(HostCounts empty) {
    HostCounts full = counts;
    counts = empty;
    return full;
  }

  /** The host of one exchange, from the request's head to the answer's. It is used again. */
  public static final class Visit {
    private byte[] host = new byte[64];
    private int length;

    /** Made once for each connection. */
    public Visit() {}

    /** An exchange begins; the host is copied, because its head will be overwritten. */
    public void begin(byte[] canonical, int hostLength) {
      if (hostLength > host.length) {
        host = new byte[256];
      }
      System.arraycopy(canonical, 0, host, 0, hostLength);
      length = hostLength;
    }

    /**
     * A backend gave its final answer.
     *
     * @param slot the name of what answered
     */
    public void answered(HostTally tally, int status, String slot) {
      if (status < 500 && length > 0) {
        tally.counts.add(host, length, slot, status < 400);
      }
    }
  }
}
