// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class TestChoiceTest {
  private static final Source NAME = main("a.Name", "class Name {}");
  private static final Source LIMITS =
      main("a.Limits", "class Limits { static final int MAX = 1; }");
  private static final Source SHAPE = main("a.Shape", "class Shape {}");
  private static final Source CIRCLE = main("a.Circle", "class Circle extends Shape {}");
  private static final Source DRAWING = main("b.Drawing", "class Drawing { Circle c; }");
  private static final Source BY_VAR =
      new Source("b.ByVar", false, "b.ByVar", "var x = y.name();", "\1\0\6a/Name\14");
  private static final Source NAME_TEST = test("a.NameTest", "new Name()");
  private static final Source PATH_TEST = test("b.PathTest", "new Name()");
  private static final Source SLOW_TEST = test("a.SlowTest", "");
  private static final Source QUICK_TEST = test("a.QuickTest", "");
  private static final Source OTHER_TEST = test("b.OtherTest", "NameLists.of()");
  private static final List<Source> ALL =
      List.of(
          NAME,
          LIMITS,
          SHAPE,
          CIRCLE,
          DRAWING,
          BY_VAR,
          NAME_TEST,
          PATH_TEST,
          SLOW_TEST,
          QUICK_TEST,
          OTHER_TEST);

  private static Source main(String name, String text) {
    return new Source(name, false, name, text, "");
  }

  private static Source test(String name, String text) {
    return new Source(name, true, name, text, "");
  }

  private static List<String> names(Collection<Source> sources) {
    return sources.stream().map(Source::simpleName).toList();
  }

  @Test
  void usersAreFoundByTheTextAndByTheClassFile() {
    assertEquals(List.of("ByVar", "NameTest", "PathTest"), names(new Users(ALL).of(NAME)));
  }

  @Test
  void usersOfWhatInheritsAreAffectedToo() {
    assertEquals(
        List.of("Shape", "Circle", "Drawing"), names(new Users(ALL).affectedBy(List.of(SHAPE))));
  }

  @Test
  void aUserOfAUserIsNotAffected() {
    assertEquals(List.of("Drawing"), names(new Users(ALL).affectedBy(List.of(DRAWING))));
  }

  @Test
  void theTestNamedAfterAClassComesFirstThenUsersThenThePackageTheQuickestFirst() {
    TestChoice choice =
        TestChoice.of(List.of(NAME), ALL, Map.of("a.SlowTest", 9_000L, "a.QuickTest", 1L));
    assertEquals(List.of("NameTest"), names(choice.first()));
    assertEquals(List.of("PathTest", "QuickTest", "SlowTest"), names(choice.then()));
  }

  @Test
  void whatTestsExtendIsNoTest() {
    assertTrue(SLOW_TEST.isTest());
    assertFalse(test("a.RigTest", "abstract class RigTest {}").isTest());
  }

  @Test
  void aChangedTestComesFirst() {
    TestChoice choice = TestChoice.of(List.of(SLOW_TEST), ALL, Map.of());
    assertEquals(List.of("SlowTest"), names(choice.first()));
    assertEquals(List.of("NameTest", "QuickTest"), names(choice.then()));
  }
}
