// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.SipHash;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/**
 * Hashes of table keys that a client cannot make collide.
 *
 * <p>LuaJ hashes strings without a key and reads only every n-th byte of those of 32 bytes and
 * more, so that a client could send thousands of hosts that all end in one chain of a script's
 * table. The key is random for each process; the order of a table's entries does not depend on it.
 */
final class KeyHash {
  /** Strings whose hash is remembered: enough for the names and constants of a large file. */
  private static final int RECENT = 1024;

  /** Longer strings are rarely names; and what is remembered is not released. */
  private static final int MAX_RECENT_BYTES = 64;

  private static final SipHash SIP;
  private static final long FACTOR;
  private static final long SEED;

  static {
    var random = new SecureRandom();
    SIP = new SipHash(random.nextLong(), random.nextLong());
    FACTOR = random.nextLong() | 1;
    SEED = random.nextLong();
  }

  /** Shared by all threads without a lock: an entry is immutable, and may be missing. */
  private static final @Nullable Recent[] RECENTS = new Recent[RECENT];

  private KeyHash() {}

  /** The hash of a key; equal keys have equal hashes. */
  static int of(LuaValue key) {
    if (key instanceof LuaString string) {
      return string(string);
    }
    return key.type() == LuaValue.TNUMBER
        ? number(Double.doubleToLongBits(key.todouble()))
        : number(System.identityHashCode(key));
  }

  /** The hash of a number that is an integer. */
  static int of(int key) {
    return number(Double.doubleToLongBits(key));
  }

  private static int string(LuaString key) {
    if (key.m_length > MAX_RECENT_BYTES) {
      return hash(key);
    }
    int at = key.hashCode() & (RECENT - 1);
    Recent recent = RECENTS[at];
    // A constant of the file is always the same object, which LuaJ compares first.
    if (recent != null && recent.key.raweq(key)) {
      return recent.hash;
    }
    int hash = hash(key);
    RECENTS[at] = new Recent(key, hash);
    return hash;
  }

  private static int hash(LuaString key) {
    return Long.hashCode(SIP.hash(key.m_bytes, key.m_offset, key.m_length));
  }

  /** Both halves of a product with a secret number, so that every bit depends on all others. */
  private static int number(long bits) {
    long mixed = bits ^ SEED;
    long folded = Math.multiplyHigh(mixed, FACTOR) ^ mixed * FACTOR;
    return Long.hashCode(Math.multiplyHigh(folded, FACTOR) ^ folded * FACTOR);
  }

  private record Recent(LuaString key, int hash) {}
}
