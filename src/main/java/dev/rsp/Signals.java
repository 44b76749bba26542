// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process does on HUP, USR1, TERM and INT.
 *
 * <p>{@link #hold} is the first thing that main does, before it reads the file: a HUP or USR1 that
 * comes later is remembered until {@link #deliverTo} says what it means, and one that came earlier
 * asked for a file that was not read yet. Until then TERM and INT end the process, as in any
 * program.
 */
final class Signals {
  /*
   * A HUP must not end the process at any moment of its life.
   *
   * By default HUP ends a process, and Java's own handler for it, there before main, does the same
   * in good order. So the launcher ignores HUP in its first line, and Java inherits that. But then
   * HotSpot keeps HUP ignored (a program under nohup is to stay alive) and does not install a
   * handler, neither its own nor ours: handle() says so by answering "was ignored", every time.
   *
   *   launcher         main                        main
   *   trap '' HUP      Libc: signal(HUP, abs)      Signal.handle(HUP, ...)
   *   ─ ignored ─────► does nothing ─────────────► remembered, later delivered
   *
   * Each step replaces the one before in a single system call, so the default never comes back.
   * What is left is the time that the kernel and the shell take to reach the launcher's first line.
   *
   * USR1 needs no such care: HotSpot installs a handler for it whether or not it was ignored.
   */
  private static final Logger log = LoggerFactory.getLogger(Signals.class);

  private static final int HUP = 1; // POSIX.1-2017 kill(1): the same number everywhere

  private final Executor worker =
      Executors.newSingleThreadExecutor(
          task -> {
            var thread = new Thread(task, "signals");
            thread.setDaemon(true);
            return thread;
          });
  private final Request reload = new Request();
  private final Request tell = new Request();

  private Signals() {}

  /** Takes HUP and USR1 over, and remembers them. Call it once, first thing in main. */
  static Signals hold() {
    var signals = new Signals();
    try {
      if (!handle("HUP", signals.reload::raise)) {
        Libc.handleWithAbs(HUP);
        if (!handle("HUP", signals.reload::raise)) {
          throw new IllegalStateException("it is still ignored");
        }
      }
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
      log.warn("HUP is ignored and cannot reload, on Java {}: {}", Runtime.version(), cause);
    }
    tryHandle("USR1", signals.tell::raise);
    return signals;
  }

  /**
   * Says what the signals mean from now on, and delivers what was held.
   *
   * @param reload runs on HUP; one at a time with {@code tell}, on a thread of their own. However
   *     many HUPs come during a run, one more run follows
   * @param stop runs on each TERM and INT, at once, on a new thread each time: it must be
   *     thread-safe, and may not wait for a reload
   * @param tell runs on USR1
   */
  void deliverTo(Runnable reload, Runnable stop, Runnable tell) {
    this.reload.deliverTo(reload);
    this.tell.deliverTo(tell);
    tryHandle("TERM", () -> guarded(stop));
    tryHandle("INT", () -> guarded(stop));
  }

  /** One thing that signals ask for: due or not, never twice. */
  private final class Request {
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile @Nullable Runnable action;

    void raise() {
      if (!due.getAndSet(true)) {
        boolean submitted = false;
        try {
          submit();
          submitted = true;
        } finally {
          if (!submitted) {
            due.set(false); // no thread could be had; the next signal is to be tried again
          }
        }
      }
    }

    void deliverTo(Runnable action) {
      this.action = action;
      submit();
    }

    private void submit() {
      Runnable action = this.action;
      if (action != null) {
        worker.execute(
            () -> {
              // Cleared before the run: what is asked for during it may come too late for it.
              if (due.getAndSet(false)) {
                guarded(action);
              }
            });
      }
    }
  }

  private static void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      log.error("a signal's action failed", e);
    }
  }

  private static void tryHandle(String name, Runnable action) {
    try {
      handle(name, action);
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.warn("{} cannot be handled, on Java {}: {}", name, Runtime.version(), e);
    }
  }

  /**
   * Installs a handler; false if the signal was ignored, which for HUP, TERM and INT means that it
   * still is. By reflection, because javac warns of sun.misc and lets nobody silence it.
   */
  private static boolean handle(String name, Runnable action) throws ReflectiveOperationException {
    Class<?> signalType = Class.forName("sun.misc.Signal");
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    Object handler =
        Proxy.newProxyInstance(
            handlerType.getClassLoader(),
            new Class<?>[] {handlerType},
            (proxy, method, arguments) -> {
              action.run(); // "handle" is the only method that Java calls on a handler
              return null;
            });
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    Object before =
        signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
    return before != handlerType.getField("SIG_IGN").get(null);
  }
}
