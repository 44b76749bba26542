// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A backend that authenticates the connection (NTLM, Negotiate) and not the request: nobody but the
 * client that it has authenticated uses this connection.
 */
@Timeout(20)
final class ConnectionAuthenticationTest {
  private static final String CREDENTIALS =
      lines("GET /mine HTTP/1.1", "Host: a", "Authorization: NTLM TlRMTVNTUAADAAAA");

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig();
  }

  private static String challenge(String fields) {
    return lines("HTTP/1.1 401 Unauthorized", "Date: x", fields, "Content-Length: 0");
  }

  /** A client whose connection to the backend has been authenticated. */
  private EmbeddedPeer authenticated(EmbeddedPeer client) {
    client.send(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(challenge("WWW-Authenticate: NTLM"));
    client.expect(challenge("WWW-Authenticate: NTLM"));
    client.send(CREDENTIALS);
    rig.expectNoConnect();
    backend.send(ok("mine"));
    client.expect(ok("mine"));
    backend.take();
    return backend;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WWW-Authenticate: NTLM",
        "WWW-Authenticate: Negotiate",
        "WWW-Authenticate: Basic realm=\"x\", negotiate oYG2",
        "WWW-Authenticate: Basic realm=\"x\"\r\nwww-authenticate: ntlm",
        "Proxy-Authenticate: NTLM",
      })
  void aChallengeBindsTheConnectionToTheClient(String fields) {
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer own = rig.backend();
    own.send(challenge(fields));
    first.expect(challenge(fields));
    own.take();
    EmbeddedPeer second = rig.client(get("a", "/other"));
    EmbeddedPeer another = rig.backend();
    another.expectStart("GET /other HTTP/1.1");
    another.send(ok("2"));
    second.expect(ok("2"));
    first.send(CREDENTIALS);
    own.expectStart("GET /mine HTTP/1.1");
    own.send(ok("mine"));
    first.expect(ok("mine"));
    rig.expectNoConnect();
    rig.expectEndings("served=3");
  }

  @Test
  void credentialsThatAreAcceptedWithoutAChallengeBindItAsWell() {
    EmbeddedPeer first = rig.client(CREDENTIALS);
    EmbeddedPeer own = rig.backend();
    own.send(ok("mine"));
    first.expect(ok("mine"));
    rig.client(get("a", "/other"));
    EmbeddedPeer another = rig.backend();
    another.expectStart("GET /other HTTP/1.1");
    another.send(ok("2"));
    own.expectStart("GET /mine HTTP/1.1");
    own.expectNothing();
    rig.expectEndings("served=2");
  }

  @Test
  void itStaysBoundWhateverFollows() {
    EmbeddedPeer first = rig.client();
    EmbeddedPeer own = authenticated(first);
    first.send(get("a", "/plain"));
    own.expectStart("GET /plain HTTP/1.1");
    own.send(ok("plain"));
    first.expect(ok("plain"));
    rig.client(get("a", "/other"));
    EmbeddedPeer another = rig.backend();
    another.expectStart("GET /other HTTP/1.1");
    another.send(ok("2"));
    own.expectNothing();
    rig.expectEndings("served=4");
  }

  @Test
  void aPostGoesOverTheClientsOwnConnection() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    client.send(Messages.post("Content-Length: 2") + "hi");
    own.expectStart("POST / HTTP/1.1");
    own.send(ok("posted"));
    client.expect(ok("posted"));
    rig.expectEndings("served=3");
  }

  @Test
  void itIsClosedWhenTheClientGoes() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    client.end();
    own.expectClosed();
    rig.expectEndings("served=2");
  }

  @Test
  void whenTheBackendClosesItTheNextRequestTakesANewOne() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    own.end();
    own.expectClosed();
    client.send(GET);
    EmbeddedPeer another = rig.backend();
    another.expectStart("GET / HTTP/1.1");
    another.send(ok("2"));
    client.expect(ok("2"));
    rig.expectEndings("served=3");
  }

  @Test
  void anotherSlotHasAConnectionOfItsOwnMeanwhile() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    client.send(get("b", "/b"));
    EmbeddedPeer other = rig.backend();
    other.expectStart("GET /b HTTP/1.1");
    other.send(ok("b"));
    client.expect(ok("b"));
    own.expectOpen();
    client.send(get("a", "/again"));
    own.expectStart("GET /again HTTP/1.1");
    own.send(ok("a"));
    client.expect(ok("a"));
    rig.expectNoConnect();
    rig.expectEndings("served=4");
  }

  @Test
  void itLivesAsLongAsTheClientMayBeIdle() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    rig.pass(60_000); // timeouts.backend_keepalive is 4 s
    own.expectOpen();
    client.send(get("a", "/again"));
    own.expectStart("GET /again HTTP/1.1");
    own.send(ok("a"));
    client.expect(ok("a"));
    rig.expectEndings("served=3");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void eachClientKeepsItsOwnHoweverFewIdleOnesThereMayBe(int idle) throws Exception {
    rig.serve(EmbeddedRig.config("limits = {backend_idle = " + idle + "}"));
    EmbeddedPeer first = rig.client();
    EmbeddedPeer own = authenticated(first);
    EmbeddedPeer second = rig.client(CREDENTIALS);
    EmbeddedPeer another = rig.backend();
    another.send(ok("2"));
    second.expect(ok("2"));
    another.expectStart("GET /mine HTTP/1.1");
    another.expectOpen();
    own.expectOpen();
    second.send(get("a", "/again"));
    another.expectStart("GET /again HTTP/1.1");
    another.send(ok("again"));
    second.expect(ok("again"));
    rig.expectEndings("served=4");
  }

  @Test
  void aClientStaysAuthenticatedToSixteenBackends() throws Exception {
    String slots = "{address = \"127.0.0.1:\" .. i}";
    rig.serve(
        EmbeddedRig.config(
            "backends = {}",
            "for i = 1, 17 do backends[i] = " + slots + " end",
            "select = function(r) return tonumber(string.match(r.host, '%d+')) end"));
    EmbeddedPeer client = rig.client();
    List<EmbeddedPeer> own = new ArrayList<>();
    for (int slot = 1; slot <= 17; slot++) {
      client.send(CREDENTIALS.replace("Host: a", "Host: h" + slot));
      EmbeddedPeer backend = rig.backend();
      backend.send(ok("mine"));
      client.expect(ok("mine"));
      backend.take();
      own.add(backend);
    }
    own.get(0).expectClosed();
    for (int slot = 2; slot <= 17; slot++) {
      client.send(get("h" + slot, "/again"));
      own.get(slot - 1).expectStart("GET /again HTTP/1.1");
      own.get(slot - 1).send(ok("again"));
      client.expect(ok("again"));
    }
    rig.expectNoConnect();
    rig.expectEndings("served=33");
  }

  @Test
  void aReloadWithoutTheBackendClosesIt() throws Exception {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer own = authenticated(client);
    rig.serve(Rig.config("127.0.0.1", 3, 2));
    own.expectClosed();
    rig.expectEndings("served=2");
  }

  @Test
  void basicAuthenticationLeavesConnectionsShared() {
    EmbeddedPeer first =
        rig.client(lines("GET / HTTP/1.1", "Host: a", "Authorization: Basic eA=="));
    EmbeddedPeer shared = rig.backend();
    shared.send(challenge("WWW-Authenticate: Basic realm=\"x\""));
    first.take();
    shared.take();
    EmbeddedPeer second = rig.client(get("a", "/other"));
    rig.expectNoConnect();
    shared.expectStart("GET /other HTTP/1.1");
    shared.send(ok("2"));
    second.expect(ok("2"));
    rig.expectEndings("served=2");
  }
}
