// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The table of slots on a screen, drawn again for each sample and each key. */
public final class LiveTable {
  /** Where samples come from. */
  @FunctionalInterface
  public interface Source {
    /**
     * Asks the running rsp.
     *
     * @throws IOException with a text for the operator, if it does not answer
     */
    Sample sample() throws IOException;
  }

  private static final long PERIOD_MILLIS = 1000;

  // ECMA-48: CUP, EL and ED.
  private static final String HOME = "\u001b[H";
  private static final String END_OF_LINE = "\u001b[K";
  private static final String END_OF_SCREEN = "\u001b[J";

  private final Screen screen;
  private final Style style;
  private final Feed feed;

  private SortOrder order;
  private boolean paused;

  /** The first slot that is shown, from 0. */
  private int first;

  /** How many slots fit on the screen. */
  private int page = 1;

  private LiveTable(Screen screen, Style style, SortOrder order, Feed feed) {
    this.screen = screen;
    this.style = style;
    this.order = order;
    this.feed = feed;
  }

  /**
   * Shows the table until the operator quits.
   *
   * @param begin the first sample
   * @throws IOException if the terminal is gone
   */
  public static void show(
      Terminal terminal, Style style, SortOrder order, Sample begin, Source source)
      throws IOException {
    run(terminal, style, order, begin, source);
  }

  static void run(Screen screen, Style style, SortOrder order, Sample begin, Source source)
      throws IOException {
    var feed = new Feed(source, begin);
    var asks = new Thread(feed, "samples");
    asks.setDaemon(true);
    asks.start();
    try {
      new LiveTable(screen, style, order, feed).run();
    } finally {
      asks.interrupt();
    }
  }

  private void run() throws IOException {
    Answer shown = feed.latest();
    Screen.Size size = screen.size();
    long drawnNanos = System.nanoTime();
    boolean visible = screen.write(frame(shown, size));
    while (visible) {
      List<Key> keys = Key.in(screen.read());
      if (keys.contains(Key.QUIT)) {
        return;
      }
      keys.forEach(this::press);
      Answer latest = paused ? shown : feed.latest();
      boolean due = System.nanoTime() - drawnNanos >= TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS);
      if (due) {
        size = screen.size();
      }
      if (due || !keys.isEmpty() || !latest.equals(shown)) {
        shown = latest;
        drawnNanos = System.nanoTime();
        visible = screen.write(frame(shown, size));
      }
    }
  }

  private void press(Key key) {
    switch (key) {
      case SORT -> {
        order = order.next();
        first = 0;
      }
      case PAUSE -> paused = !paused;
      case UP -> first--;
      case DOWN -> first++;
      case PAGE_UP -> first -= page;
      case PAGE_DOWN -> first += page;
      case FIRST -> first = 0;
      case LAST -> first = Integer.MAX_VALUE - 1;
      case QUIT -> {}
    }
  }

  private String frame(Answer answer, Screen.Size size) {
    var table = new SlotTable(answer.sample, order, size.columns(), style);
    List<String> lines = new ArrayList<>(table.head());
    lines.add("");
    List<String> rows = table.rows();
    lines.add(rows.get(0));
    int slots = rows.size() - 1;
    page = Math.max(1, size.rows() - lines.size() - 1);
    first = Math.max(0, Math.min(first, slots - page));
    int end = Math.min(slots, first + page);
    lines.addAll(rows.subList(1 + first, 1 + end));
    while (lines.size() < size.rows() - 1) {
      lines.add("");
    }
    String foot = foot(answer, end, slots);
    lines.add(foot.substring(0, Math.min(foot.length(), size.columns())));
    var text = new StringBuilder(HOME);
    // On a screen that is too low, the first lines. The last one ends without a line feed, which
    // would scroll.
    for (String line : lines.subList(0, Math.min(lines.size(), size.rows()))) {
      text.append(text.length() == HOME.length() ? "" : "\r\n").append(line).append(END_OF_LINE);
    }
    return text.append(END_OF_SCREEN).toString();
  }

  private String foot(Answer answer, int end, int slots) {
    if (!answer.problem.isEmpty()) {
      return answer.problem;
    }
    return "q quit  s sort: %s  p %s  arrows, PgUp, PgDn: slots %d-%d of %d"
        .formatted(
            order.label(), paused ? "PAUSED" : "pause", Math.min(first + 1, end), end, slots);
  }

  /** The last sample, and why there is no newer one; empty if there is. */
  private record Answer(Sample sample, String problem) {}

  /** Asks once a second, on a thread of its own, so that keys work while rsp does not answer. */
  private static final class Feed implements Runnable {
    private final Source source;
    private volatile Answer latest;

    Feed(Source source, Sample begin) {
      this.source = source;
      this.latest = new Answer(begin, "");
    }

    Answer latest() {
      return latest;
    }

    @Override
    public void run() {
      try {
        while (true) {
          Thread.sleep(PERIOD_MILLIS);
          try {
            latest = new Answer(source.sample(), "");
          } catch (IOException e) {
            latest = new Answer(latest.sample, String.valueOf(e.getMessage()));
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the operator has quit
      }
    }
  }
}
