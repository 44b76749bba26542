// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.acme.Allow;
import dev.rsp.log.RateLimit;
import dev.rsp.lua.Permission;
import dev.rsp.lua.Script;
import java.io.Closeable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the function {@code acme.allow} of the file, on a thread of its own. A function that fails
 * or uses up its budget allows nothing.
 */
final class ScriptAllow implements Allow, Closeable {
  private static final Logger log = LoggerFactory.getLogger(ScriptAllow.class);

  /**
   * More hosts get no answer. At 100 ms each, the limit of a call, the last one waits for 100 s.
   */
  private static final int MAX_WAITING = 1_000;

  private static final int IDLE_SECONDS = 10;

  private final Script script;
  private final RateLimit limit = new RateLimit();
  private final ThreadPoolExecutor thread;

  /**
   * Asks a script.
   *
   * @param script of this object alone
   */
  ScriptAllow(Script script) {
    this.script = script;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_WAITING),
            task -> {
              var created = new Thread(task, "acme-allow");
              created.setDaemon(true);
              return created;
            });
    thread.allowCoreThreadTimeOut(true);
  }

  @Override
  public void ask(String host, Consumer<Answer> answer) {
    try {
      thread.execute(() -> answer.accept(answerFor(host)));
    } catch (RejectedExecutionException e) {
      answer.accept(Answer.UNKNOWN);
    }
  }

  private Answer answerFor(String host) {
    Permission permission = script.allows(host);
    String error = permission.error();
    if (error == null) {
      return permission.allowed() ? Answer.YES : Answer.NO;
    }
    if (limit.allows()) {
      log.warn(
          "acme.allow failed, so there is no certificate host={} suppressed={}: {}",
          host,
          limit.takeSuppressed(),
          error);
    }
    return Answer.UNKNOWN;
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
