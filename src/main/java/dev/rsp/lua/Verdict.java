// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/** Takes the place of an operand, so that LuaJ's comparison has a known result. */
final class Verdict extends LuaValue {
  static final Verdict TRUE = new Verdict(true);
  static final Verdict FALSE = new Verdict(false);

  private final boolean result;

  private Verdict(boolean result) {
    this.result = result;
  }

  @Override
  public int type() {
    return TNONE;
  }

  @Override
  public String typename() {
    return "verdict";
  }

  @Override
  public boolean lt_b(LuaValue other) {
    return result;
  }

  @Override
  public boolean lteq_b(LuaValue other) {
    return result;
  }

  // LuaJ asks the second operand if the first is a number or a string.

  @Override
  public boolean gt_b(int other) {
    return result;
  }

  @Override
  public boolean gt_b(double other) {
    return result;
  }

  @Override
  public boolean gteq_b(int other) {
    return result;
  }

  @Override
  public boolean gteq_b(double other) {
    return result;
  }

  @Override
  public int strcmp(LuaString other) {
    return result ? 1 : -1;
  }
}
