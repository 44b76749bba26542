// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map.Entry;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Netty's encoder sees of the fields of a response. */
@Timeout(10)
final class FieldListTest {
  private final FieldList list = new FieldList();

  private List<String> fields() {
    List<String> all = new ArrayList<>();
    for (Entry<CharSequence, CharSequence> field : list) {
      all.add(field.getKey() + "=" + field.getValue());
    }
    return all;
  }

  private void append(String name, String value) {
    list.append(new AsciiString(name), new AsciiString(value));
  }

  @Test
  void fieldsComeInOrderAndMayBeRepeated() {
    append("a", "1");
    append("b", "");
    append("a", "2");
    assertEquals(List.of("a=1", "b=", "a=2"), fields());
    assertEquals(List.of("a=1", "b=", "a=2"), fields());
  }

  @Test
  void aListThatWasClearedIsEmpty() {
    append("a", "1");
    list.clear();
    assertEquals(List.of(), fields());
    assertThrows(NoSuchElementException.class, () -> list.iterator().next());
    append("b", "2");
    assertEquals(List.of("b=2"), fields());
  }

  @Test
  void itGrows() {
    List<String> expected = new ArrayList<>();
    for (int number = 0; number < 100; number++) {
      append("n" + number, "v" + number);
      expected.add("n" + number + "=v" + number);
    }
    assertEquals(expected, fields());
  }
}
