// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A script that fails costs only its own request, and no other. */
final class ScriptsIT {
  private static final String SELECT =
      """
      local faults = {
        loop   = function() while true do end end,
        caught = function() while true do pcall(function() while true do end end) end end,
        bomb   = function() local s = "x" while true do s = s .. s end end,
        rep    = function() return #string.rep("x", 1000000000) end,
        fill   = function() local t = {} for i = 1, 1e12 do t[i] = i end end,
        deep   = function() local function f() return 1 + f() end return f() end,
        error  = function() error("on purpose") end,
        null   = function() return nothing.here end,
        type   = function() return {} end,
        range  = function() return 7 end,
        unknown = function() return "nobody" end,
      }
      function select(request)
        local fault = faults[request.host]
        if fault then return fault() end
        if request.path == "/away" then return nil, "not today" end
        return 1
      end
      """;

  @AutoClose private static RawBackend backend;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    backend = RawBackend.named("b");
    rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()) + SELECT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "loop", "caught", "bomb", "rep", "fill", "deep", "error", "null", "type", "range", "unknown"
      })
  void aScriptThatFailsCostsItsOwnRequestAndSaysSo(String fault) throws IOException {
    assertEquals(500, rsp.get(fault, "/").status(), rsp::toString);
    assertEquals("b good /", rsp.get("good", "/").body());
    // rsp logs at most one such line a second, and counts the others.
    Eventually.holds(
        () -> "a line about " + fault + ": " + rsp,
        () -> {
          rsp.get(fault, "/");
          return rsp.count("host=" + fault + " ") > 0;
        });
  }

  @Test
  void othersAreServedWhileScriptsFail() throws Exception {
    List<String> faults = List.of("loop", "bomb", "error");
    Thread hostile =
        new Thread(
            () -> {
              for (int i = 0; i < 30; i++) {
                try {
                  rsp.get(faults.get(i % faults.size()), "/");
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              }
            });
    hostile.start();
    do {
      assertEquals("b good /", rsp.get("good", "/").body());
    } while (hostile.isAlive());
    hostile.join();
    assertTrue(rsp.program().isAlive());
  }
}
