// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.eval;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bit} behaves as documented for Lua BitOp (bitop.luajit.org). */
final class BitLibraryTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bit.tobit(0xffffffff) => -1",
        "bit.tobit(0xffffffff + 1) => 0",
        "bit.tobit(0x7fffffff) => 2147483647",
        "bit.tobit(0x80000000) => -2147483648",
        "bit.tobit(2^40 + 1234) => 1234",
        "bit.tobit(-2^40 - 1) => -1",
        "bit.tobit('0xff') => 255",
        "bit.tobit(1.5) => 2",
        "bit.tobit(2.5) => 2",
        "bit.tohex(1) => 00000001",
        "bit.tohex(-1) => ffffffff",
        "bit.tohex(0xffffffff) => ffffffff",
        "bit.tohex(-1, -8) => FFFFFFFF",
        "bit.tohex(0x21, 4) => 0021",
        "bit.tohex(0x87654321, 4) => 4321",
        "bit.tohex(0xabc, -2) => BC",
        "bit.tohex(1, 20) => 00000001",
        "bit.tohex(1, 0) => ",
        "bit.tohex(0xab, -2^31) => 000000AB",
        "bit.bnot(0) => -1",
        "bit.bnot(-1) => 0",
        "bit.bnot(0xffffffff) => 0",
        "bit.tohex(bit.bnot(0x12345678)) => edcba987",
        "bit.bor(1, 2, 4, 8) => 15",
        "bit.bor(7) => 7",
        "bit.band(0x12345678, 0xff) => 120",
        "bit.band(-1, 0xffffffff, 7) => 7",
        "bit.tohex(bit.bxor(0xa5a5f0f0, 0xaa55ff00)) => 0ff00ff0",
        "bit.lshift(1, 0) => 1",
        "bit.lshift(1, 8) => 256",
        "bit.lshift(1, 40) => 256",
        "bit.lshift(1, 31) => -2147483648",
        "bit.rshift(256, 8) => 1",
        "bit.rshift(-256, 8) => 16777215",
        "bit.arshift(256, 8) => 1",
        "bit.arshift(-256, 8) => -1",
        "bit.tohex(bit.lshift(0x87654321, 12)) => 54321000",
        "bit.tohex(bit.rshift(0x87654321, 12)) => 00087654",
        "bit.tohex(bit.arshift(0x87654321, 12)) => fff87654",
        "bit.rshift(-1, -1) => 1",
        "bit.tohex(bit.rol(0x12345678, 12)) => 45678123",
        "bit.tohex(bit.ror(0x12345678, 12)) => 67812345",
        "bit.tohex(bit.bswap(0x12345678)) => 78563412",
        "bit.tohex(bit.bswap(0x78563412)) => 12345678",
      })
  void gives(String row) {
    String[] parts = row.split(" => ", 2);
    assertEquals(parts[1], eval("tostring(" + parts[0] + ")").tojstring());
  }

  /** A loop from scripts for OpenResty: FNV-1 with 32 bits in two halves. */
  @ParameterizedTest
  @ValueSource(strings = {"a => e40c292c", "foobar => bf9cf968"})
  void runsAHashThatWasWrittenForLuaJit(String row) {
    String[] parts = row.split(" => ", 2);
    String hash =
        "(function(s) local h = 0x811c9dc5 for i = 1, #s do h = bit.bxor(h, s:byte(i)) "
            + "h = bit.tobit(h + bit.lshift(h, 1) + bit.lshift(h, 4) + bit.lshift(h, 7) "
            + "+ bit.lshift(h, 8) + bit.lshift(h, 24)) end return bit.tohex(h) end)('";
    assertEquals(parts[1], eval(hash + parts[0] + "')").tojstring());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bit.band() => bad argument #1 to 'band' (number expected, got no value)",
        "bit.bor(1, nil) => bad argument #2 to 'bor' (number expected, got nil)",
        "bit.bxor(1, {}) => bad argument #2 to 'bxor' (number expected, got table)",
        "bit.tobit('x') => bad argument #1 to 'tobit' (number expected, got string)",
        "bit.lshift(1) => bad argument #2 to 'lshift' (number expected, got no value)",
        "bit.tohex(1, 'x') => bad argument #2 to 'tohex' (number expected, got string)",
        "bit.bswap(true) => bad argument #1 to 'bswap' (number expected, got boolean)",
      })
  void saysWhatIsWrongWithAnArgument(String row) {
    String[] parts = row.split(" => ", 2);
    assertEquals("1: " + parts[1], Scripts.failureOf("x = " + parts[0]));
  }
}
