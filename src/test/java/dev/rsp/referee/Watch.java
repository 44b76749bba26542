// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Observes one side of a connection that a test simulates and checks the bytes from rsp. All
 * methods may be called by any thread; report bytes before sending them.
 */
public final class Watch {
  private static final String SWITCHED = " 101";

  private final StreamReader reader;
  private final @Nullable Asker asker;
  private boolean switched;
  private String tail = "";

  private Watch(boolean client) {
    if (client) {
      Asker created = new Asker();
      asker = created;
      reader = new ResponseReferee(ResponseReferee.of(created), message -> {});
    } else {
      asker = null;
      reader = new RequestReferee(() -> switched, message -> {});
    }
  }

  /** Observes a client: the bytes it receives must be responses to its requests. */
  public static Watch client() {
    return new Watch(true);
  }

  /** Observes a backend: the bytes it receives must be requests, until it changes the protocol. */
  public static Watch backend() {
    return new Watch(false);
  }

  /** The test sends these. */
  public synchronized void sent(byte[] bytes, int start, int length) {
    if (asker != null) {
      asker.accept(bytes, start, length);
    } else if (!switched) {
      String text = tail + new String(bytes, start, length, StandardCharsets.ISO_8859_1);
      switched = text.contains("HTTP/1.1" + SWITCHED) || text.contains("HTTP/1.0" + SWITCHED);
      tail =
          text.substring(
              Math.max(0, text.length() - 11)); // one less than the length of the searched text
    }
  }

  /** The test received these. */
  public synchronized void received(byte[] bytes, int start, int length) {
    reader.accept(bytes, start, length);
  }

  /** The test saw the end or stops reading. Later calls have no effect. */
  public synchronized void ended(End end) {
    reader.end(end);
  }

  /** The first violation by rsp; null if none. */
  public synchronized @Nullable Violation violation() {
    return reader.violation();
  }

  /** Wraps the stream that the test reads from, to observe all bytes. */
  public InputStream over(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        byte[] octet = new byte[1];
        return read(octet, 0, 1) < 0 ? -1 : octet[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int start, int length) throws IOException {
        int count;
        try {
          count = super.read(bytes, start, length);
        } catch (SocketTimeoutException e) {
          throw e;
        } catch (IOException e) {
          ended(End.RESET);
          throw e;
        }
        if (count < 0) {
          ended(End.FIN);
        } else {
          received(bytes, start, count);
        }
        return count;
      }
    };
  }

  /** Wraps the stream that the test writes to, to observe all bytes. */
  public OutputStream over(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int start, int length) throws IOException {
        sent(bytes, start, length);
        out.write(bytes, start, length);
      }
    };
  }
}
