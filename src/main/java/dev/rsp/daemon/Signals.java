// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process does on HUP, USR1, TERM, INT and QUIT.
 *
 * <p>{@code main} calls {@link #hold} first, before it reads the configuration file. A HUP or USR1
 * that arrives after that is kept until {@link #deliverTo} gives it an action. A HUP that arrives
 * earlier needs no reload, because the file has not been read yet. TERM, INT and QUIT end the
 * process until {@link #deliverTo} is called.
 */
public final class Signals {
  /*
   * A HUP must not end the process at any moment of its life.
   *
   * By default HUP ends a process. Java's own handler for HUP, installed before main, ends it too,
   * after the shutdown hooks. So the launcher ignores HUP in its first line, and Java inherits that.
   * But then HotSpot keeps HUP ignored (a program under nohup must stay alive) and installs no
   * handler, neither its own nor ours: Signal.handle() returns "was ignored" every time.
   *
   *   launcher         main                        main
   *   trap '' HUP      Libc: signal(HUP, abs)      Signal.handle(HUP, ...)
   *   ─ ignored ─────► does nothing ─────────────► kept, delivered later
   *
   * Each step replaces the one before in a single system call, so the default action is never
   * restored. HUP can end the process only before the shell has run the launcher's first line.
   *
   * USR1 needs no such care: HotSpot installs a handler for it whether or not it was ignored.
   *
   * HotSpot keeps QUIT for its thread dump, and Signal.handle() refuses it. So the C library handles
   * it, and a thread waits for that.
   */
  private static final int HUP = 1; // POSIX.1-2017 kill(1): the same number everywhere
  private static final int QUIT = 3; // the same

  /** As a shell reports a process that QUIT has ended. */
  private static final int ENDED_BY_QUIT = 128 + QUIT;

  /** The launcher opens it, so that it is nothing else's; {@link Libc#handleWithEvent} needs it. */
  private static final Path RESERVED = Path.of("/proc/self/fd/" + QUIT);

  private final Executor worker =
      Executors.newSingleThreadExecutor(
          task -> {
            var thread = new Thread(task, "signals");
            thread.setDaemon(true);
            return thread;
          });
  private final Request reload = new Request();
  private final Request status = new Request();
  private volatile Runnable quit = () -> System.exit(ENDED_BY_QUIT);

  private Signals() {}

  /**
   * Installs handlers for HUP and USR1 that keep these signals. Call it once, at the start of
   * {@code main}. If a handler cannot be installed, that is logged.
   */
  public static Signals hold() {
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
      log().warn("HUP is ignored and cannot reload, on Java {}: {}", Runtime.version(), cause);
    }
    tryHandle("USR1", signals.status::raise);
    signals.handleQuit();
    return signals;
  }

  /**
   * Sets the actions of the signals, and delivers the signals that were kept.
   *
   * @param reload runs on HUP, on the thread {@code signals}, never at the same time as {@code
   *     status}. However many HUPs arrive during a run, one more run follows
   * @param stop runs on each TERM, INT and QUIT, at once, on a new thread each time: it must be
   *     thread-safe, and must not wait for a reload
   * @param status runs on USR1, on the thread {@code signals}
   */
  public void deliverTo(Runnable reload, Runnable stop, Runnable status) {
    this.reload.deliverTo(reload);
    this.status.deliverTo(status);
    tryHandle("TERM", () -> guarded(stop));
    tryHandle("INT", () -> guarded(stop));
    quit = stop;
  }

  /** When it is needed: another thread initializes the log at the same time. */
  private static Logger log() {
    return LoggerFactory.getLogger(Signals.class);
  }

  /** Without the launcher, QUIT remains Java's. */
  private void handleQuit() {
    try {
      if (!Files.readSymbolicLink(RESERVED).equals(Path.of("/dev/null"))) {
        return;
      }
      BooleanSupplier next = Libc.handleWithEvent(QUIT);
      var waits = new Thread(() -> awaitQuit(next), "quit");
      waits.setDaemon(true);
      waits.start();
    } catch (IOException | ReflectiveOperationException | RuntimeException | LinkageError e) {
      log().warn("QUIT writes a thread dump and cannot stop rsp, on Java {}", Runtime.version(), e);
    }
  }

  private void awaitQuit(BooleanSupplier next) {
    while (next.getAsBoolean()) {
      // As Java does for TERM: a second one must not wait for the first.
      var stops = new Thread(() -> guarded(quit), "QUIT handler");
      stops.setDaemon(true);
      stops.start();
    }
  }

  /**
   * An action that a signal asks for. It is due or not; signals that arrive while it is due add
   * nothing.
   */
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
            due.set(false); // no thread could be started; the next signal tries again
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
              // Cleared before the run: a signal that arrives during it may be too late for it.
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
      log().error("a signal's action failed", e);
    }
  }

  private static void tryHandle(String name, Runnable action) {
    try {
      handle(name, action);
    } catch (ReflectiveOperationException | RuntimeException e) {
      log().warn("{} cannot be handled, on Java {}: {}", name, Runtime.version(), e);
    }
  }

  /**
   * Installs a handler. Returns false if the signal was ignored before, which for HUP, TERM and INT
   * means that it still is. Uses reflection, because javac warns about sun.misc and that warning
   * cannot be suppressed.
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
