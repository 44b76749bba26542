// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a peer may send, and when it may send more. */
@Timeout(10)
final class ReceiveWindowTest {
  private final ReceiveWindow window = new ReceiveWindow(100);

  @Test
  void nothingBeyondItIsAdmitted() {
    assertTrue(window.admits(100));
    assertFalse(window.admits(101));
    assertTrue(window.receive(60));
    assertTrue(window.admits(40));
    assertTrue(window.receive(40));
    assertFalse(window.admits(1));
    assertTrue(window.receive(0));
    assertFalse(window.receive(1));
  }

  @Test
  void itIsOpenedByMoreThanHalfOfIt() {
    window.receive(80);
    window.take(50);
    assertFalse(window.isDue());
    window.take(1);
    assertTrue(window.isDue());
    assertEquals(51, window.open(0));
    assertFalse(window.isDue());
    assertTrue(window.admits(71));
    assertFalse(window.admits(72));
  }

  @Test
  void itMayGrow() {
    window.receive(60);
    window.take(60);
    assertEquals(160, window.open(100));
    assertEquals(200, window.bytes());
    assertTrue(window.admits(200));
    assertFalse(window.admits(201));
    window.take(100);
    assertFalse(window.isDue());
  }

  @Test
  void whatIsNotTakenDoesNotOpenIt() {
    window.receive(100);
    assertFalse(window.isDue());
    assertEquals(0, window.open(0));
    assertFalse(window.admits(1));
  }
}
