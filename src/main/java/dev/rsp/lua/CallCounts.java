// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * How often functions of a script were called for requests, and how that ended.
 *
 * @param runs calls
 * @param failed those that failed, for whatever reason
 * @param exhausted those of them that were stopped because they had used up their budget
 */
public record CallCounts(long runs, long failed, long exhausted) {
  /** None. */
  public static final CallCounts NONE = new CallCounts(0, 0, 0);

  /** The sum of both. */
  public CallCounts plus(CallCounts other) {
    return new CallCounts(runs + other.runs, failed + other.failed, exhausted + other.exhausted);
  }
}
