// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a test reads, the referee hears of all that it read. */
final class WatchTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 rsp\r\n";
  private static final String OFFER = GET + "Connection: upgrade\r\nUpgrade: x\r\n\r\n";
  private static final String SWITCHED =
      "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
  private static final String NO_REQUEST = "no request\r\n";

  /** The ways to take bytes out of a stream. */
  enum Reading {
    BY_OCTETS {
      @Override
      void all(InputStream in) throws IOException {
        while (in.read() >= 0) {}
      }
    },
    IN_A_BUFFER {
      @Override
      void all(InputStream in) throws IOException {
        in.readAllBytes();
      }
    },
    TRANSFERRED {
      @Override
      void all(InputStream in) throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
      }
    },
    SKIPPED {
      @Override
      void all(InputStream in) throws IOException {
        while (in.skip(100_000) > 0) {}
      }
    },
    SKIPPED_EXACTLY {
      @Override
      void all(InputStream in) throws IOException {
        in.skipNBytes(in.available());
      }
    };

    abstract void all(InputStream in) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void judgesWhatIsRead(Reading reading) throws IOException {
    for (boolean buffered : new boolean[] {false, true}) {
      Watch good = Watch.backend();
      reading.all(over(good, (GET + "\r\n").repeat(1000), buffered));
      assertNull(good.violation());
      Watch bad = Watch.backend();
      reading.all(over(bad, GET + "\r\n" + NO_REQUEST, buffered));
      assertNotNull(bad.violation());
    }
  }

  private static InputStream over(Watch watch, String text, boolean buffered) {
    InputStream in = watch.over(new ByteArrayInputStream(text.getBytes(ISO_8859_1)));
    return buffered ? new BufferedInputStream(in, 64) : in;
  }

  @Test
  void takesNothingForATunnelThatWasNotOfferedOrNotAccepted() throws IOException {
    assertNull(after(OFFER, SWITCHED));
    assertNotNull(after(OFFER, "HTTP/1.1 200 \r\n\r\n"));
    assertNotNull(after(GET + "\r\n", SWITCHED));
  }

  /** What is wrong with bytes of no protocol behind a request and its answer. */
  private static @Nullable Violation after(String request, String answer) throws IOException {
    Watch watch = Watch.backend();
    receive(watch, request);
    OutputStream out = watch.over(new ByteArrayOutputStream());
    for (byte octet : answer.getBytes(ISO_8859_1)) {
      out.write(octet);
    }
    receive(watch, NO_REQUEST);
    return watch.violation();
  }

  private static void receive(Watch watch, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    watch.received(bytes, 0, bytes.length);
  }

  @Test
  void hearsOfTheEnd() throws IOException {
    Watch watch = Watch.backend();
    assertEquals(3, over(watch, "GET", false).skip(10));
    assertNull(watch.violation());
    over(watch, "", false).skip(1);
    assertNotNull(watch.violation()); // half a request line
  }
}
