// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets pass, between the JDK's client and Netty's server. */
@Timeout(300)
final class WebSocketIT {
  private static final String UPGRADE =
      """
      GET /chat HTTP/1.1
      Host: a
      Connection: Upgrade
      Upgrade: websocket
      Sec-WebSocket-Version: 13
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

      """;

  private EchoServer echo;
  private Rsp rsp;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    echo = new EchoServer();
    rsp = Rsp.serving(directory, configuration(echo.port()));
  }

  @AfterEach
  void stop() {
    rsp.close();
    echo.close();
  }

  private static String configuration(int port) {
    return """
        listen = "127.0.0.1:0"
        backends = { "127.0.0.1:%d" }
        timeouts = { idle = 5 }
        """
        .formatted(port);
  }

  @Test
  void textAndBinaryComeBackAndTheCloseDoes() throws Exception {
    Client client = connect();
    for (int i = 0; i < 100; i++) {
      client.socket().sendText("héllo " + i, true).join();
      assertEquals("héllo " + i, client.take());
    }
    byte[] large = new byte[3_000_001];
    new Random(7).nextBytes(large);
    client.socket().sendBinary(ByteBuffer.wrap(large), true).join();
    assertArrayEquals(large, (byte[]) client.take());
    client.socket().sendPing(ByteBuffer.wrap(new byte[] {1, 2})).join();
    assertEquals("pong", client.take());
    client.socket().sendClose(WebSocket.NORMAL_CLOSURE, "bye").join();
    assertEquals("closed 1000", client.take());
    // RFC 6455 §5.5.1: the server closes the connection first, so it must have read our close
    // frame.
    assertEquals("1000 bye", echo.awaitClose());
  }

  @Test
  void manyAtOnceDoNotMix() throws Exception {
    Client[] clients = new Client[30];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = connect();
    }
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < clients.length; i++) {
        clients[i].socket().sendText(i + "/" + round, true).join();
      }
      for (int i = 0; i < clients.length; i++) {
        assertEquals(i + "/" + round, clients[i].take());
      }
    }
  }

  @Test
  void aReloadThatTakesTheBackendAwayLeavesItsTunnel() throws Exception {
    Client client = connect();
    try (RawBackend other = RawBackend.named("other")) {
      rsp.reconfigure(configuration(other.port()));
      assertEquals("other a /", rsp.get("a", "/").body());
      client.socket().sendText("still there", true).join();
      assertEquals("still there", client.take());
    }
  }

  @Test
  void theResponseOfAServerThatRefusesReachesTheClient() throws IOException {
    try (RawBackend plain = RawBackend.named("plain")) {
      rsp.reconfigure(configuration(plain.port()));
      try (RawClient client = rsp.connect()) {
        client.send(UPGRADE.replace("\n", "\r\n"));
        Answer answer = client.read();
        assertEquals(200, answer.status());
        assertEquals("plain a /chat", answer.body());
        // A client that did not wait for 101 may have sent frames, which are not a request.
        assertEquals("close", answer.field("Connection"));
        assertEquals("", client.wire().rest());
      }
    }
  }

  @Test
  void aServerThatGoesAwayEndsTheTunnel() throws Exception {
    Client client = connect();
    client.socket().sendText("first", true).join();
    assertEquals("first", client.take());
    echo.goAway();
    assertTrue(client.take().toString().startsWith("closed 1001"));
  }

  private Client connect() {
    ClientListener listener = new ClientListener();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .connectTimeout(Eventually.PATIENCE)
            .buildAsync(URI.create("ws://127.0.0.1:" + rsp.port() + "/chat?room=1"), listener)
            .join();
    return new Client(socket, listener);
  }

  private record Client(WebSocket socket, ClientListener listener) {
    Object take() throws InterruptedException {
      Object next = listener.received.poll(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return next == null ? "nothing" : next;
    }
  }

  /** Puts all messages and events into a queue. */
  private static final class ClientListener implements WebSocket.Listener {
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        received.add(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      while (data.hasRemaining()) {
        bytes.write(data.get());
      }
      if (last) {
        received.add(bytes.toByteArray());
        bytes.reset();
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
      received.add("pong");
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      received.add("closed " + status);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      received.add(error.toString());
    }
  }
}
