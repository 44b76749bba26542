// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The terminal of this process, with its second screen and each key as it is pressed. {@code
 * stty(1)} changes its mode, because Java cannot. {@link #close} restores all, and so does the end
 * of the process by a signal. Confined to one thread, but for {@link #close}.
 */
public final class Terminal implements Screen, AutoCloseable {
  private static final Path DEVICE = Path.of("/dev/tty");

  /** Each key at once and unseen, Ctrl-C and Ctrl-Z as keys; a read waits for 0.2 s at most. */
  private static final String[] RAW = {"-icanon", "-echo", "-isig", "min", "0", "time", "2"};

  private static final long READ_MILLIS = 200;

  // xterm's private modes: the second screen, and the cursor.
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";

  private final PrintStream out;
  private final InputStream keys;
  private final String before;
  private final Thread atExit;
  private boolean closed;

  private Terminal(PrintStream out, InputStream keys, String before) {
    this.out = out;
    this.keys = keys;
    this.before = before;
    this.atExit = new Thread(this::restore, "terminal");
  }

  /** Whether a descriptor of this process (1: standard output) is a terminal with a cursor. */
  public static boolean is(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return (target.startsWith("/dev/pts/")
              || target.startsWith("/dev/tty")
              || target.equals("/dev/console"))
          && !"dumb".equals(System.getenv("TERM"));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Takes the terminal, which must be standard output.
   *
   * @throws IOException if there is none, or its mode cannot be changed
   */
  public static Terminal open() throws IOException {
    InputStream keys = new FileInputStream(DEVICE.toFile());
    String before;
    try {
      before = stty("-g").strip();
    } catch (IOException e) {
      keys.close();
      throw e;
    }
    var terminal = new Terminal(System.out, keys, before);
    Runtime.getRuntime().addShutdownHook(terminal.atExit);
    stty(RAW);
    terminal.write(ENTER);
    return terminal;
  }

  @Override
  public Size size() {
    try {
      String[] words = stty("size").strip().split(" ", -1);
      int rows = Integer.parseInt(words[0]);
      int columns = Integer.parseInt(words[1]);
      // A serial line does not know its size.
      return rows > 0 && columns > 0 ? new Size(rows, columns) : Size.DEFAULT;
    } catch (IOException | RuntimeException e) {
      return Size.DEFAULT;
    }
  }

  @Override
  public String read() throws IOException {
    long began = System.nanoTime();
    byte[] buffer = new byte[64];
    int length = keys.read(buffer);
    if (length > 0) {
      return new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
    }
    // Nothing: after the time of RAW, or at once from a terminal that was closed.
    long restMillis = READ_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    try {
      Thread.sleep(Math.max(0, restMillis));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return "";
  }

  @Override
  public boolean write(String text) {
    out.print(text);
    out.flush();
    return !out.checkError();
  }

  /** Puts everything back as it was. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // the process ends, so the hook runs
    }
    restore();
  }

  private synchronized void restore() {
    if (closed) {
      return;
    }
    closed = true;
    out.print(LEAVE);
    out.flush();
    try {
      stty(before);
      keys.close();
    } catch (IOException e) {
      // The terminal is gone.
    }
  }

  private static String stty(String... words) throws IOException {
    String[] command = new String[words.length + 1];
    command[0] = "stty";
    System.arraycopy(words, 0, command, 1, words.length);
    Process process =
        new ProcessBuilder(command)
            .redirectInput(DEVICE.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(said.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return said;
  }
}
