// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The records refuse invalid values. */
class ValuesTest {
  @Test
  void timesArePositive() {
    refused("head: 0 ms (expected: > 0)", () -> new Timeouts(0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1));
    refused("drain: -1 ms (expected: > 0)", () -> new Timeouts(1, 1, 0, 1, 1, 1, 1, 1, 1, -1, 1));
    refused(
        "connect_retry: -1 ms (expected: >= 0)",
        () -> new Timeouts(1, 1, -1, 1, 1, 1, 1, 1, 1, 1, 1));
  }

  @Test
  void limitsLeaveRoomForSomething() {
    refused("head_bytes: 0 (expected: >= 1)", () -> limits(0, 1, 1, 1, 1));
    refused("fields: 0 (expected: >= 1)", () -> limits(1, 0, 1, 1, 1));
    refused("connections: 0 (expected: >= 1)", () -> limits(1, 1, 1, 0, 1));
    refused(
        "body_bytes: -1 (expected: >= 0)",
        () -> new Limits(1, 1, 1, 1, -1, 0, 0, 0, 0, 1, 50, 0, 100, 0, 0));
    refused(
        "slot_share: 0 (expected: 1 to 100)",
        () -> new Limits(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 100, 0, 0));
    refused(
        "slot_share: 101 (expected: 1 to 100)",
        () -> new Limits(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 101, 0, 100, 0, 0));
    refused("backend_idle: -1 (expected: >= 0)", () -> limits(1, 1, 1, 1, -1));
  }

  /** Else each burst of their requests would open connections that are closed after it. */
  @Test
  void aBackendKeepsTheConnectionsThatTenHttp2ClientsNeed() {
    assertTrue(Limits.DEFAULTS.backendIdle() >= 10 * Limits.DEFAULTS.http2Streams());
  }

  @Test
  void aTargetFitsIntoItsHead() {
    refused("target_bytes: 11 (expected: 1 to head_bytes, 10)", () -> limits(10, 1, 11, 1, 1));
  }

  @Test
  void slotsCountFromOne() {
    refused("index: 0 (expected: >= 1)", () -> new Slot(0, "a", Place.unix("/run/a.sock")));
  }

  @Test
  void aListenerHasASocketOrAPath() {
    refused("x: null, null (expected: exactly one)", () -> new ListenAddress("x", null, null));
  }

  private static Limits limits(
      int headBytes, int fields, int targetBytes, int connections, int backendIdle) {
    return new Limits(
        headBytes,
        fields,
        targetBytes,
        255,
        0,
        0,
        0,
        0,
        0,
        connections,
        50,
        0,
        100,
        backendIdle,
        0);
  }

  private static void refused(String message, Executable maker) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, maker).getMessage());
  }
}
