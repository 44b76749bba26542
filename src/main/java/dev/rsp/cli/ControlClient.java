// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.log.IoReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks a running rsp over its control socket. */
final class ControlClient {
  /** Where the control socket is unless said otherwise. */
  static final String DEFAULT_PATH = "/run/rsp/control.sock";

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([0-9]{3}) .*");

  private ControlClient() {}

  /** What was answered. */
  static final class Answer {
    private final int status;
    private final byte[] body;

    private Answer(int status, byte[] body) {
      this.status = status;
      this.body = body;
    }

    /** Whether it was carried out. */
    boolean ok() {
      return status == 200;
    }

    byte[] body() {
      return body.clone();
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /**
   * Sends a request without a body, and waits for the answer, however long that takes.
   *
   * @throws IOException if nobody answers, with a text for the operator
   */
  static Answer ask(Path socket, String method, String target) throws IOException {
    return ask(socket, method, target, "");
  }

  /**
   * The same with a body.
   *
   * @param body in ASCII
   * @throws IOException if nobody answers, with a text for the operator
   */
  static Answer ask(Path socket, String method, String target, String body) throws IOException {
    // HTTP/1.0: the server ends the connection behind its answer.
    String request =
        "%s %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(method, target, body.length(), body);
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return parsed(read(channel), socket);
    } catch (IOException e) {
      throw new IOException(
          "cannot ask rsp over "
              + socket
              + ": "
              + IoReason.of(e)
              + " (expected: control = \""
              + socket
              + "\" in the file of a running rsp, and its user or root)",
          e);
    }
  }

  private static String read(SocketChannel channel) throws IOException {
    var all = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    while (channel.read(buffer) >= 0) {
      all.write(buffer.array(), 0, buffer.position());
      buffer.clear();
    }
    // One character for each octet, so that none is changed.
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  private static Answer parsed(String response, Path socket) throws IOException {
    int head = response.indexOf("\r\n\r\n");
    Matcher status = STATUS.matcher(response.lines().findFirst().orElse(""));
    if (head < 0 || !status.matches()) {
      throw new IOException("no answer of rsp from " + socket);
    }
    byte[] body = response.substring(head + 4).getBytes(StandardCharsets.ISO_8859_1);
    return new Answer(Integer.parseInt(status.group(1)), body);
  }
}
