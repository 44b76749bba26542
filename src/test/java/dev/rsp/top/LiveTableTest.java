// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class LiveTableTest {
  private static final String ESCAPE = "\u001b";

  /** Types what it was told, and keeps what is drawn; quits when nothing is left to type. */
  private static final class TestScreen implements Screen {
    private final Deque<String> input = new ArrayDeque<>();
    private final List<String> frames = new ArrayList<>();
    private final Size size;
    private boolean visible = true;

    TestScreen(int rows, int columns, String... input) {
      size = new Size(rows, columns);
      this.input.addAll(Arrays.asList(input));
    }

    @Override
    public Size size() {
      return size;
    }

    @Override
    public String read() {
      return input.isEmpty() ? "q" : input.remove();
    }

    @Override
    public boolean write(String text) {
      frames.add(text);
      return visible;
    }

    /** The lines of a frame, without control sequences. */
    List<String> lines(int frame) {
      return Arrays.asList(
          frames.get(frame).replaceAll(ESCAPE + "\\[[0-9]*[A-Za-z]", "").split("\r\n", -1));
    }

    String slots(int frame) {
      return String.join(
          " ",
          lines(frame).stream()
              .filter(line -> line.startsWith("slot-"))
              .map(line -> line.split(" ", 2)[0].substring("slot-".length()))
              .toList());
    }

    String foot(int frame) {
      List<String> lines = lines(frame);
      return lines.get(lines.size() - 1);
    }
  }

  private static Sample slots(int count) {
    return TestSample.of(
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> TestSample.slot("slot-" + i, "up", i, 1, null))
            .toList());
  }

  private static void show(TestScreen screen, Sample begin) throws IOException {
    LiveTable.run(screen, Style.PLAIN, SortOrder.FILE, begin, () -> begin);
  }

  @Test
  void fillsTheScreenAndNoMore() throws IOException {
    var screen = new TestScreen(9, 60);
    show(screen, slots(20));
    assertEquals(9, screen.lines(0).size());
    assertEquals("1 2 3", screen.slots(0));
    assertTrue(
        screen.foot(0).startsWith("q quit  s sort: file  p pause  arrows, PgUp, PgDn: slo"),
        () -> screen.foot(0));
    assertTrue(screen.frames.get(0).startsWith(ESCAPE + "[H"));
    assertFalse(screen.frames.get(0).endsWith("\n"));
  }

  @Test
  void arrowsAndPagesScrollAndStopAtTheEnds() throws IOException {
    var screen =
        new TestScreen(
            9,
            100,
            ESCAPE + "[A",
            ESCAPE + "[B",
            ESCAPE + "[6~",
            ESCAPE + "OF",
            "j",
            ESCAPE + "[5~",
            ESCAPE + "[H");
    show(screen, slots(10));
    assertEquals(
        List.of("1 2 3", "1 2 3", "2 3 4", "5 6 7", "8 9 10", "8 9 10", "5 6 7", "1 2 3"),
        IntStream.range(0, 8).mapToObj(screen::slots).toList());
    assertTrue(screen.foot(4).endsWith("slots 8-10 of 10"), () -> screen.foot(4));
  }

  @Test
  void sortsByTheNextColumn() throws IOException {
    var screen = new TestScreen(9, 100, "s");
    show(screen, slots(10));
    assertEquals("10 9 8", screen.slots(1));
    assertTrue(screen.foot(1).contains("s sort: rate"), () -> screen.foot(1));
  }

  @Test
  void ctrlCQuits() throws IOException {
    var screen = new TestScreen(9, 100, "\u0003", "s");
    show(screen, slots(1));
    assertEquals(1, screen.frames.size());
  }

  @Test
  void otherKeysDoNothing() throws IOException {
    var screen = new TestScreen(9, 100, "xyz", ESCAPE, ESCAPE + "[", ESCAPE + "[99;1u");
    show(screen, slots(1));
    assertEquals(1, screen.frames.size());
  }

  @Test
  void aScreenOfOneLineIsNoFailure() throws IOException {
    var screen = new TestScreen(1, 1, ESCAPE + "[6~");
    show(screen, slots(3));
    assertEquals(List.of("r"), screen.lines(1));
  }

  @Test
  void withoutAnAnswerTheReasonStandsBelowTheLastSample() throws IOException {
    var screen = new TestScreen(9, 100);
    var until =
        new Screen() {
          @Override
          public Size size() {
            return screen.size();
          }

          @Override
          public String read() {
            boolean seen = screen.foot(screen.frames.size() - 1).equals("cannot ask rsp");
            pause();
            return seen ? "q" : "";
          }

          @Override
          public boolean write(String text) {
            return screen.write(text);
          }
        };
    LiveTable.run(
        until,
        Style.PLAIN,
        SortOrder.FILE,
        slots(2),
        () -> {
          throw new IOException("cannot ask rsp");
        });
    assertEquals("1 2", screen.slots(screen.frames.size() - 1));
  }

  @Test
  void aNewSampleIsDrawnUnlessPaused() throws IOException {
    var screen = new TestScreen(9, 100);
    var pausing =
        new Screen() {
          private boolean paused;
          private boolean resumed;

          @Override
          public Size size() {
            return screen.size();
          }

          @Override
          public String read() {
            pause();
            String slots = screen.slots(screen.frames.size() - 1);
            if (!paused) {
              paused = true;
              return "p";
            } else if (!resumed) {
              // Drawn again each second, from the first sample: the second one came after a second.
              assertEquals("1", slots);
              resumed = screen.frames.size() > 3;
              return resumed ? "p" : "";
            }
            return slots.equals("1 2") ? "q" : "";
          }

          @Override
          public boolean write(String text) {
            return screen.write(text);
          }
        };
    LiveTable.run(pausing, Style.PLAIN, SortOrder.FILE, slots(1), () -> slots(2));
    assertTrue(screen.foot(1).contains("p PAUSED"), () -> screen.foot(1));
    assertFalse(screen.foot(screen.frames.size() - 1).contains("PAUSED"));
  }

  @Test
  void endsWhenNobodyCanSeeIt() throws IOException {
    var screen = new TestScreen(9, 100, "s", "s");
    screen.visible = false;
    show(screen, slots(1));
    assertEquals(1, screen.frames.size());
  }

  private static void pause() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
