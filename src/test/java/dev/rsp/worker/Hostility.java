// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.Client;
import dev.rsp.net.Transport;
import dev.rsp.referee.End;
import dev.rsp.referee.Message;
import dev.rsp.referee.Referee;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request whose backend answers as it likes, and what its client is then told. In texts, "|" is
 * a line end.
 */
final class Hostility {
  /** Who asks, once and for the last time on its connection. */
  enum Client {
    HTTP_10("GET / HTTP/1.0|Host: a||"),
    HTTP_11("GET / HTTP/1.1|Host: a|Connection: close||"),
    HEAD("HEAD / HTTP/1.1|Host: a|Connection: close||"),
    WEBSOCKET("GET / HTTP/1.1|Host: a|Connection: upgrade|Upgrade: websocket||"),
    ;

    /** Those that a body is for. */
    static final List<Client> GETTING = List.of(HTTP_10, HTTP_11);

    final String request;

    Client(String request) {
      this.request = lines(request);
    }
  }

  /** How the answer comes. */
  enum Delivery {
    AT_ONCE,
    BYTE_BY_BYTE;

    /** All by one transport; where bytes are split, the parsers matter and not the transport. */
    static List<Delivery> by(Transport transport) {
      return transport == Transport.of("auto") ? List.of(values()) : List.of(AT_ONCE);
    }
  }

  final Peer backend;
  private final Peer client;
  private final Client asked;
  private Peer.@Nullable Rest rest;

  /** Asks, and lets the backend see the request. */
  Hostility(Rig rig, Client asked) throws IOException {
    this.asked = asked;
    client = rig.client(asked.request);
    backend = rig.backend();
    backend.head();
  }

  static String lines(String text) {
    return text.replace("|", "\r\n");
  }

  /** The backend sends this, or as much of it as the proxy takes. */
  Hostility answer(String response, Delivery delivery) {
    byte[] bytes = lines(response).getBytes(StandardCharsets.ISO_8859_1);
    try {
      if (delivery == Delivery.AT_ONCE) {
        backend.send(bytes);
      } else {
        for (byte octet : bytes) {
          backend.send(new byte[] {octet});
        }
      }
    } catch (IOException gone) {
      // The proxy has seen enough.
    }
    return this;
  }

  /** Sends again and again, up to so many bytes; says how many were sent when it could not. */
  long sendUntilRefused(String start, String again, long most) throws IOException {
    byte[] bytes = lines(again.repeat(1000)).getBytes(StandardCharsets.ISO_8859_1);
    long sent = 0;
    try {
      backend.send(lines(start));
      while (sent < most) {
        backend.send(bytes);
        sent += bytes.length;
      }
    } catch (IOException gone) {
      return sent;
    }
    return sent;
  }

  private Peer.Rest rest() throws IOException {
    Peer.Rest read = rest;
    if (read == null) {
      read = client.rest();
      rest = read;
    }
    return read;
  }

  /** The final response as a referee reads it; null if the connection broke before it. */
  @Nullable Message message() throws IOException {
    Peer.Rest read = rest();
    List<Message> messages = Referee.responses(read.text(), read.end(), asked.request).sound();
    Message last = messages.isEmpty() ? null : messages.get(messages.size() - 1);
    boolean isFinal = last != null && !last.startLine().startsWith("HTTP/1.1 1");
    return isFinal ? last : null;
  }

  /** The status of the final response if it is whole, else "cut". */
  String outcome() throws IOException {
    Message message = message();
    return message == null || !message.whole() ? "cut" : message.startLine().substring(9, 12);
  }

  /** How the client's connection ended. */
  End end() throws IOException {
    return rest().end();
  }

  void assertRefusedOrCut() throws IOException {
    String outcome = outcome();
    assertTrue(outcome.equals("502") || outcome.equals("cut"), () -> "it was " + rest);
  }
}
