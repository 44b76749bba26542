// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.IdentityHashMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaValue;

/**
 * Copies of the tables that the copies of a script share, for one of them that changes one. They
 * are made by another thread, because that of a loop must not stop: 100,000 entries take about 0.1
 * s.
 */
final class OwnTables {
  private final CompletableFuture<IdentityHashMap<LuaValue, LuaValue>> made =
      new CompletableFuture<>();

  private OwnTables() {}

  /**
   * Begins to copy.
   *
   * @param loaded the globals of the script that was loaded; neither they nor what they refer to
   *     change any more
   */
  static OwnTables begin(Globals loaded) {
    var own = new OwnTables();
    var thread =
        new Thread(
            () -> {
              try {
                own.made.complete(ScriptCopy.ofShared(loaded));
              } catch (Throwable e) { // of memory: the script must be told
                own.made.completeExceptionally(e);
              }
            },
            "script-tables");
    thread.setDaemon(true);
    thread.start();
    return own;
  }

  /** Whether it has failed, most likely for lack of memory. */
  boolean failed() {
    return made.isCompletedExceptionally();
  }

  /** For each shared table its copy, for one user; null if they are not complete. */
  @Nullable IdentityHashMap<LuaValue, LuaValue> copies() {
    return failed() ? null : made.getNow(null);
  }
}
