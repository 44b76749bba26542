// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which JSON text each value becomes, and which values are refused. */
@Timeout(60)
final class JsonTest {
  @Test
  void writesEveryKindOfValue() {
    assertEquals("null", Json.of(null));
    assertEquals("true", Json.of(true));
    assertEquals("-7", Json.of(-7));
    assertEquals("1.5", Json.of(1.5));
    assertEquals("9223372036854775807", Json.of(Long.MAX_VALUE));
    assertEquals("[]", Json.of(List.of()));
    assertEquals("{}", Json.of(Map.of()));
    assertEquals("[1,null,[\"a\"]]", Json.of(Arrays.asList(1, null, List.of("a"))));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("z", 1);
    map.put("a", Map.of("k", false));
    assertEquals("{\"z\":1,\"a\":{\"k\":false}}", Json.of(map));
  }

  @Test
  void escapesAllThatIsNotVisibleAscii() {
    assertEquals("\"a\\\"b\\\\c/\"", Json.of("a\"b\\c/"));
    assertEquals(
        "\"\\u0000\\u000a\\u001b\\u007f\\u00e9\\u2028\"", Json.of("\0\n\u001b\u007fé\u2028"));
    assertEquals("\"\\ud83d\\ude00\"", Json.of("\ud83d\ude00"));
    assertEquals("{\"\\u000a\":1}", Json.of(Map.of("\n", 1)));
  }

  @Test
  void refusesWhatJsonDoesNotHave() {
    assertThrows(IllegalArgumentException.class, () -> Json.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Json.of(Double.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> Json.of(Map.of(1, 2)));
    assertThrows(IllegalArgumentException.class, () -> Json.of(new Object()));
  }
}
