// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class FieldChainsTest {
  private static final String CLASS = "final class dev.rsp.a.User extends java.lang.Object {\n";
  private static final String OWN =
      "       1: getfield      #7    // Field next:Ldev/rsp/b/Used;\n";

  @Test
  void findsAFieldOfAnotherClassBehindAField() {
    assertEquals(
        List.of("dev.rsp.a.User: dev.rsp.a.User.next -> dev.rsp.b.Used.count"),
        FieldChains.of(
            CLASS + OWN + "       4: getfield      #9    // Field dev/rsp/b/Used.count:I\n"));
  }

  @Test
  void acceptsFieldsOfTheClassItselfAndOfItsNestedClasses() {
    assertEquals(
        List.of(),
        FieldChains.of(
            CLASS
                + OWN
                + "       4: getfield      #9    // Field dev/rsp/a/User$Entry.count:I\n"
                + "       7: getfield      #11   // Field count:I\n"));
  }

  @Test
  void acceptsAFieldBehindACall() {
    assertEquals(
        List.of(),
        FieldChains.of(
            CLASS
                + OWN
                + "       4: invokevirtual #9    // Method dev/rsp/b/Used.get:()Ldev/rsp/b/Used;\n"
                + "       7: getfield      #11   // Field dev/rsp/b/Used.count:I\n"));
  }
}
