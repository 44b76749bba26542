// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The field traceparent: in which trace a request is, and the span that is the parent of the next.
 * By W3C Trace Context (2021-11-23), §3.2.
 *
 * @param traceId 32 hexadecimal digits in lower case, not all 0
 * @param spanId 16 hexadecimal digits in lower case, not all 0
 * @param sampled whether the sender has recorded its span
 */
public record TraceParent(String traceId, String spanId, boolean sampled) {
  /** Its name. */
  public static final String NAME = "traceparent";

  /** The field that goes with it: lists of vendors (§3.3). */
  public static final String STATE = "tracestate";

  private static final byte[] LOWER_CASE = NAME.getBytes(StandardCharsets.US_ASCII);

  /** {@code 00-<32 digits>-<16 digits>-<2 digits>}. */
  private static final int LENGTH = 55;

  private static final int TRACE_ID = 3;
  private static final int SPAN_ID = 36;
  private static final int FLAGS = 53;
  private static final int SAMPLED = 1;

  /** What a head says; null if it says nothing valid, and then a new trace begins (§4.3). */
  public static @Nullable TraceParent in(Head head) {
    int field = head.find(LOWER_CASE);
    return field < 0 ? null : parse(head.text(head.valueStart(field), head.valueEnd(field)));
  }

  /** Reads a value. A later version may have more behind the part that is known (§4.3). */
  static @Nullable TraceParent parse(String value) {
    boolean known = value.startsWith("00");
    boolean fits = known ? value.length() == LENGTH : value.length() >= LENGTH;
    if (!fits
        || value.startsWith("ff")
        || (!known && value.length() > LENGTH && value.charAt(LENGTH) != '-')
        || !hasDigits(value, 0, 2)
        || value.charAt(2) != '-'
        || !hasDigits(value, TRACE_ID, SPAN_ID - 1)
        || value.charAt(SPAN_ID - 1) != '-'
        || !hasDigits(value, SPAN_ID, FLAGS - 1)
        || value.charAt(FLAGS - 1) != '-'
        || !hasDigits(value, FLAGS, LENGTH)) {
      return null;
    }
    String traceId = value.substring(TRACE_ID, SPAN_ID - 1);
    String spanId = value.substring(SPAN_ID, FLAGS - 1);
    if (isZero(traceId) || isZero(spanId)) {
      return null;
    }
    int flags = Integer.parseInt(value, FLAGS, LENGTH, 16);
    return new TraceParent(traceId, spanId, (flags & SAMPLED) != 0);
  }

  private static boolean hasDigits(String value, int start, int end) {
    return value.substring(start, end).chars().allMatch(c -> "0123456789abcdef".indexOf(c) >= 0);
  }

  private static boolean isZero(String digits) {
    return digits.chars().allMatch(digit -> digit == '0');
  }

  /** The value of the field, in the version that is known. */
  public String text() {
    return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
  }
}
