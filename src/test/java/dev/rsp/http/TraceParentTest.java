// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  @ParameterizedTest
  @CsvSource({
    "00-%s-%s-01, true",
    "00-%s-%s-00, false",
    // Other flags are not known: only the lowest bit counts.
    "00-%s-%s-ff, true",
    "00-%s-%s-fe, false",
    // A later version, alone and with more behind it.
    "01-%s-%s-01, true",
    "fe-%s-%s-01-more, true",
  })
  void theTraceTheSpanAndTheSamplingAreRead(String value, boolean sampled) {
    TraceParent expected = new TraceParent(TRACE, SPAN, sampled);
    assertEquals(expected, TraceParent.parse(value.formatted(TRACE, SPAN)));
    assertEquals(expected, TraceParent.parse(expected.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", // too short
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", // too long for its version
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", // too short for any
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x", // no hyphen behind it
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", // no version
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00x0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", // upper case
        "00-0af7651916cd43dd8448eb211c80319cxb7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331x01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01", // no trace
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", // no span
      })
  void whatIsNotValidSaysNothing(String value) {
    assertNull(TraceParent.parse(value));
  }

  @Test
  void aHeadWithoutItSaysNothing() {
    assertNull(TraceParent.in(new RequestHead()));
  }
}
