// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each line is one message of syslog, as RFC 5424 has it. */
@Timeout(20)
final class SyslogSinkTest {
  /** PRI, version, time, host, application, process, MSGID and no structured data. */
  private static final String HEADER =
      "<190>1 \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z \\S+ rsp \\d+ access - ";

  @TempDir private Path directory;

  private static LineBuffer lines(String... texts) {
    var buffer = new LineBuffer();
    for (String text : texts) {
      buffer.put(text);
      buffer.endLine();
    }
    return buffer;
  }

  private static void assertMessage(String expected, String message) {
    assertTrue(message.matches(HEADER + expected), message);
  }

  @Test
  void overUdpEachLineIsADatagram() throws IOException {
    try (DatagramSocket server =
            new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SyslogSink sink = SyslogSink.udp("127.0.0.1", server.getLocalPort())) {
      server.setSoTimeout(5000);
      assertEquals(0, sink.write(lines("one", "two")));
      assertMessage("one", receive(server));
      assertMessage("two", receive(server));
    }
  }

  private static String receive(DatagramSocket server) throws IOException {
    var packet = new DatagramPacket(new byte[65_536], 65_536);
    server.receive(packet);
    return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
  }

  @Test
  void withoutADaemonOnThePortNothingFails() throws IOException {
    int port;
    try (DatagramSocket free =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      port = free.getLocalPort();
    }
    try (SyslogSink sink = SyslogSink.udp("127.0.0.1", port)) {
      for (int i = 0; i < 5; i++) {
        assertEquals(0, sink.write(lines("one", "two")));
      }
    }
  }

  @Test
  void aLongLineIsCutToWhatReceiversTake() throws IOException {
    try (DatagramSocket server =
            new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SyslogSink sink = SyslogSink.udp("127.0.0.1", server.getLocalPort())) {
      server.setSoTimeout(5000);
      sink.write(lines("x".repeat(20_000)));
      assertEquals(8192, receive(server).length());
    }
  }

  @Test
  void overAUnixSocketEachLineIsADatagramAndADaemonMayStartAgain() throws IOException {
    Path path = directory.resolve("log");
    Socket server = bound(path);
    try (SyslogSink sink = SyslogSink.unix(path.toString())) {
      assertEquals(0, sink.write(lines("one", "two")));
      assertMessage("one", receive(server));
      assertMessage("two", receive(server));
      server.close();
      path.toFile().delete();
      assertThrows(IOException.class, () -> sink.write(lines("lost")));
      server = bound(path);
      assertEquals(0, sink.write(lines("three")));
      assertMessage("three", receive(server));
    } finally {
      server.close();
    }
  }

  @Test
  void aDaemonThatTakesNothingCostsASecondAndItsLines() throws IOException {
    Path path = directory.resolve("log");
    Socket server = bound(path);
    try (SyslogSink sink = SyslogSink.unix(path.toString())) {
      int lost = 0;
      for (int i = 0; i < 2000 && lost == 0; i++) {
        lost = sink.write(lines("one", "two"));
      }
      assertTrue(lost > 0);
    } finally {
      server.close();
    }
  }

  @Test
  void aSocketThatIsMissingIsAnErrorAtTheStart() {
    String missing = directory.resolve("none").toString();
    assertThrows(IOException.class, () -> SyslogSink.unix(missing));
  }

  private static Socket bound(Path path) throws IOException {
    Epoll.ensureAvailability();
    Socket server = Socket.newSocketDomainDgram();
    server.bind(new DomainSocketAddress(path.toString()));
    return server;
  }

  private static String receive(Socket server) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
    int length = server.read(buffer, 0, buffer.capacity());
    byte[] bytes = new byte[Math.max(0, length)];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
