// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.client.HandshakeCounters.Result;
import dev.rsp.config.ListenOptions;
import dev.rsp.net.tls.TlsProvider;
import io.netty.util.ReferenceCounted;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Handshakes byte by byte: cut anywhere, ended at each stage, and with fields that no client of
 * good will sends. In all cases nothing is left, no buffer and no native engine.
 */
@Timeout(120)
final class TlsTortureTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static final TlsProvider TLS = TlsProvider.ofThisRun();

  /** Another kind of address that takes the tickets of one with TLS, if there is one. */
  private static final ListenOptions OTHER =
      TLS.takesTicketKeys() ? ListenOptions.TLS.withHttp2() : ListenOptions.TLS;

  /** Record types: RFC 8446 §5.1. */
  private static final int ALERT = 21;

  private static final int HANDSHAKE = 22;
  private static final int APPLICATION_DATA = 23;

  /** A whole record, which no key of the connection has made. */
  private static final byte[] BROKEN_RECORD = brokenRecord();

  // Descriptions of alerts: RFC 8446 §6.
  private static final int HANDSHAKE_FAILURE = 40;
  private static final int ILLEGAL_PARAMETER = 47;
  private static final int DECODE_ERROR = 50;
  private static final int PROTOCOL_VERSION = 70;
  private static final int USER_CANCELED = 90;
  private static final int UNRECOGNIZED_NAME = 112;

  // Handshake messages: RFC 8446 §4.
  private static final int SERVER_HELLO = 2;
  private static final int CERTIFICATE = 11;

  // Extensions: RFC 8446 §4.2, RFC 7301 §3.1, RFC 5077 §3.2.
  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int SESSION_TICKET = 35;
  private static final int PRE_SHARED_KEY = 41;
  private static final int SUPPORTED_VERSIONS = 43;

  private static byte[] brokenRecord() {
    byte[] record = new byte[5 + 40];
    record[0] = APPLICATION_DATA;
    record[1] = 3;
    record[2] = 3;
    record[4] = 40;
    return record;
  }

  private TestTls tls;
  private EmbeddedRig rig;
  private final List<SSLEngine> engines = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    tls = new TestTls("a.example", "b.example");
    rig = new EmbeddedRig();
    rig.certificates(tls);
    rig.serve(EmbeddedRig.config());
    rig.acceptAtOnce();
  }

  @AfterEach
  void nothingIsLeft() {
    rig.leave();
    rig.acceptEndings();
    rig.close();
    for (SSLEngine engine : engines) {
      boolean counted = engine instanceof ReferenceCounted;
      assertEquals(TLS.countsEngines(), counted, "memory outside of the heap");
      assertTrue(!counted || ((ReferenceCounted) engine).refCnt() == 0, "native engines left");
    }
    tls.close();
  }

  private EngineClient client(String version, String... protocols) {
    return client(ListenOptions.TLS, version, protocols);
  }

  private EngineClient client(ListenOptions options, String version, String... protocols) {
    return new EngineClient(rig.client(options), tls.clients(), "a.example", version, protocols);
  }

  /** Remembers the native engine of a connection, if it has one. */
  private void watch(EmbeddedPeer peer) {
    SSLEngine engine = EngineClient.engineOf(peer);
    if (engine != null && !engines.contains(engine)) {
      engines.add(engine);
    }
  }

  private long counted(Result result) {
    return rig.loop().handshakes().get(result);
  }

  private static Result resultOf(String version) {
    return version.equals("TLSv1.3") ? Result.TLS_1_3 : Result.TLS_1_2;
  }

  private void assertServed(EngineClient client) throws Exception {
    client.send(GET);
    rig.rest();
    rig.answerOverIdle(OK);
    String got = client.received();
    assertTrue(got.startsWith("HTTP/1.1 200 OK\r\n") && got.endsWith("\r\n\r\nok"), got);
  }

  // Splits ---------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aHandshakeMayComeByteByByte(String version) throws Exception {
    EngineClient client = client(version);
    while (!client.shaken()) {
      for (byte octet : client.flight()) {
        client.peer().send(new byte[] {octet});
        rig.rest();
      }
      client.take();
    }
    for (byte octet : client.flight()) {
      client.peer().send(new byte[] {octet});
      rig.rest();
    }
    watch(client.peer());
    assertServed(client);
    assertEquals(1, counted(resultOf(version)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aHandshakeMayBeCutAtEachByte(String version) throws Exception {
    int cut = 0;
    boolean beyondTheEnd = false;
    int handshakes = 0;
    while (!beyondTheEnd) {
      EngineClient client = client(version);
      int sent = 0;
      while (!client.shaken()) {
        sent += sendCut(client, cut - sent);
        client.take();
      }
      sent += sendCut(client, cut - sent);
      rig.rest();
      watch(client.peer());
      handshakes++;
      assertEquals(handshakes, counted(resultOf(version)), "cut at " + cut);
      client.peer().reset();
      rig.rest();
      beyondTheEnd = cut > sent;
      cut++;
    }
    assertTrue(cut > 300, "bytes of a client: " + cut);
  }

  /** Sends a flight in two parts, of which the loop has done with the first. */
  private int sendCut(EngineClient client, int cut) throws Exception {
    byte[] flight = client.flight();
    if (cut > 0 && cut < flight.length) {
      client.peer().send(Arrays.copyOf(flight, cut));
      rig.rest();
      client.peer().send(Arrays.copyOfRange(flight, cut, flight.length));
    } else {
      client.peer().send(flight);
    }
    rig.rest();
    return flight.length;
  }

  /** RFC 8446 §5.1: a message may be in several records. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientHelloMayBeInTwoRecordsCutAtEachByte(String version) throws Exception {
    byte[] hello = client(version).flight();
    for (int cut = 1; cut < hello.length - 5; cut++) {
      EmbeddedPeer peer = rig.client(ListenOptions.TLS);
      peer.send(record(hello, 5, 5 + cut));
      rig.rest();
      peer.send(record(hello, 5 + cut, hello.length));
      String answer = peer.take();
      watch(peer);
      assertEquals(HANDSHAKE, answer.charAt(0), "cut at " + cut);
      assertEquals(SERVER_HELLO, answer.charAt(5), "cut at " + cut);
      peer.reset();
      rig.rest();
    }
  }

  @Test
  void aClientHelloInRecordsOfOneByteIsServedOrRefused() throws Exception {
    byte[] hello = client("TLSv1.3").flight();
    EmbeddedPeer peer = rig.client(ListenOptions.TLS);
    for (int at = 5; at < hello.length; at++) {
      peer.send(record(hello, at, at + 1));
    }
    rig.rest();
    watch(peer);
    int type = peer.take().charAt(0);
    assertTrue(type == HANDSHAKE || type == ALERT, "a record of type " + type);
  }

  private static byte[] record(byte[] hello, int from, int to) {
    var out = new ByteArrayOutputStream();
    out.write(hello, 0, 3);
    out.write((to - from) >> 8);
    out.write(to - from);
    out.write(hello, from, to - from);
    return out.toByteArray();
  }

  // Ends -----------------------------------------------------------------------------------------

  /** How far a client goes. */
  private enum Stage {
    CONNECTED,
    HALF_HELLO,
    HELLO,
    HALF_FINISHED,
    SHAKEN,
    HALF_REQUEST,
    REQUEST,
    HALF_RESPONSE
  }

  private enum Event {
    FIN,
    RESET,
    CLOSE_NOTIFY,
    FATAL_ALERT,
    GARBAGE
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aConnectionMayEndInEachWayAtEachStage(String version) throws Exception {
    for (Stage stage : Stage.values()) {
      for (Event event : Event.values()) {
        EngineClient client = client(version);
        String what = stage + " " + event;
        long endings = rig.ended();
        reach(client, stage);
        watch(client.peer());
        happen(client, event, stage);
        rig.rest();
        boolean mayGoOn = event == Event.FIN && stage.compareTo(Stage.REQUEST) >= 0;
        if (mayGoOn) {
          // As without TLS, a client that ends its side may get its response.
          rig.answerOverIdle("ok");
          client.peer().reset();
          rig.rest();
        }
        assertFalse(client.peer().isOpen(), what);
        boolean hasBegun = stage.compareTo(Stage.HALF_REQUEST) >= 0;
        assertEquals(hasBegun ? 1 : 0, rig.ended() - endings, what);
      }
    }
  }

  private void reach(EngineClient client, Stage stage) throws Exception {
    if (stage == Stage.CONNECTED) {
      return;
    }
    EmbeddedPeer peer = client.peer();
    byte[] hello = client.flight();
    if (stage == Stage.HALF_HELLO) {
      peer.send(Arrays.copyOf(hello, hello.length / 2));
      rig.rest();
      return;
    }
    peer.send(hello);
    client.take();
    if (stage == Stage.HELLO) {
      return;
    }
    byte[] finished = client.flight();
    if (stage == Stage.HALF_FINISHED) {
      peer.send(Arrays.copyOf(finished, finished.length / 2));
      rig.rest();
      return;
    }
    peer.send(finished);
    client.shake();
    if (stage == Stage.HALF_REQUEST) {
      client.send(GET.substring(0, GET.length() / 2));
    } else if (stage.compareTo(Stage.REQUEST) >= 0) {
      client.send(GET);
    }
    rig.rest();
    if (stage == Stage.HALF_RESPONSE) {
      rig.answerOverIdle("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    }
  }

  private void happen(EngineClient client, Event event, Stage stage) throws Exception {
    EmbeddedPeer peer = client.peer();
    boolean shaken = stage.compareTo(Stage.SHAKEN) >= 0;
    switch (event) {
      case FIN -> peer.end();
      case RESET -> peer.reset();
      case CLOSE_NOTIFY -> peer.send(shaken ? client.closeNotify() : alert(1, 0));
      case FATAL_ALERT -> peer.send(shaken ? client.fatalAlert() : alert(2, HANDSHAKE_FAILURE));
      default -> peer.send("GET / HTTP/1.1\r\n\r\n" + "x".repeat(20_000));
    }
    boolean inRecord = stage == Stage.HALF_HELLO || stage == Stage.HALF_FINISHED;
    if (inRecord && event == Event.CLOSE_NOTIFY) {
      peer.end(); // the alert is taken for a part of the record that is not complete
    } else if (event == Event.FATAL_ALERT && inRecord) {
      peer.end(); // as a client does that sends a fatal alert: RFC 8446 §6.2
    }
  }

  private static byte[] alert(int level, int description) {
    return new byte[] {ALERT, 3, 3, 0, 2, (byte) level, (byte) description};
  }

  /** RFC 8446 §6.2, RFC 5246 §7.2.2: both sides close at once, whatever the client does. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void anAlertForARecordClosesTheConnectionWithoutAWait(String version) throws Exception {
    for (Stage stage : List.of(Stage.SHAKEN, Stage.HALF_REQUEST, Stage.REQUEST)) {
      for (byte[] record : List.of(BROKEN_RECORD, alert(2, HANDSHAKE_FAILURE))) {
        EngineClient client = client(version);
        reach(client, stage);
        watch(client.peer());
        client.peer().take();
        client.peer().send(record);
        int type = client.peer().take().charAt(0);
        // That of TLS 1.3 is encrypted: RFC 8446 §5.2.
        assertEquals(version.equals("TLSv1.3") ? APPLICATION_DATA : ALERT, type);
        client.peer().expectClosed();
      }
    }
  }

  /** RFC 5246 §7.2: warnings may be ignored, so they must be bounded. */
  @Test
  void aFloodOfWarningsEndsTheConnection() {
    EmbeddedPeer peer = rig.client(ListenOptions.TLS);
    for (int i = 0; i < 100 && peer.isOpen(); i++) {
      peer.send(alert(1, USER_CANCELED));
      rig.rest();
      watch(peer);
    }
    if (!TLS.boundsWarnings()) {
      assertTrue(peer.isOpen());
      rig.pass(11_000); // timeouts.head
    }
    peer.expectClosed();
    assertEquals(1, counted(TLS.boundsWarnings() ? Result.FAILED : Result.LATE));
  }

  @Test
  void aBrokenRecordOnAConnectionOfHttp2EndsItsStreams() throws Exception {
    EngineClient client = client(ListenOptions.TLS.withHttp2(), "TLSv1.3", "h2");
    client.shake();
    watch(client.peer());
    byte[] settings = Http2Peer.bytesOf(Http2Peer.SETTINGS, 0, 0);
    byte[] block = Http2Peer.silent(rig).block(Http2Peer.request("GET", "a.example", "/"));
    int flags = Http2Peer.END_HEADERS | Http2Peer.END_STREAM;
    byte[] headers = Http2Peer.bytesOf(Http2Peer.HEADERS, flags, 1, block);
    client.send(Http2Peer.PREFACE + text(settings) + text(headers));
    assertTrue(client.received().length() > 0);
    client.peer().send(BROKEN_RECORD);
    client.peer().expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  // Versions -------------------------------------------------------------------------------------

  /** SSL 3.0 and 2.0 are prohibited (RFC 7568, RFC 6176), TLS 1.0 and 1.1 deprecated (RFC 8996). */
  @ParameterizedTest
  @CsvSource({"3, 0", "3, 1", "3, 2", "2, 0", "4, 0"})
  void otherVersionsAreRefused(int major, int minor) throws Exception {
    EngineClient client = client("TLSv1.2");
    byte[] hello = client.flight();
    hello[9] = (byte) major;
    hello[10] = (byte) minor;
    byte[] only = {2, (byte) major, (byte) minor};
    assertRefused(with(hello, SUPPORTED_VERSIONS, only), PROTOCOL_VERSION);
  }

  @Test
  void aHelloOfSsl2IsNoTls() {
    EmbeddedPeer peer = rig.client(ListenOptions.TLS);
    // Length with its highest bit, CLIENT-HELLO, version 2, and three lengths.
    peer.send(new byte[] {(byte) 0x80, 0x2e, 1, 0, 2, 0, 21, 0, 0, 0, 16, 1, 0, (byte) 0x80});
    peer.send(new byte[40]);
    rig.rest();
    watch(peer);
    peer.expectClosed();
    assertEquals(1, counted(Result.FAILED));
  }

  /** The answer to a hello is an alert, and the connection is closed; -1 for any alert. */
  private void assertRefused(byte[] hello, int description) {
    EmbeddedPeer peer = rig.client(ListenOptions.TLS);
    peer.send(hello);
    String answer = peer.take();
    watch(peer);
    assertEquals(ALERT, answer.charAt(0));
    if (description >= 0) {
      assertEquals(description, answer.charAt(6));
    }
    peer.expectClosed();
  }

  private String answer(byte[] hello) {
    EmbeddedPeer peer = rig.client(OTHER);
    peer.send(hello);
    String answer = peer.take();
    watch(peer);
    assertEquals(HANDSHAKE, answer.charAt(0), "an alert " + (int) answer.charAt(6));
    assertEquals(SERVER_HELLO, answer.charAt(5));
    return answer;
  }

  // Server names ---------------------------------------------------------------------------------

  @Test
  void aNameInUpperCaseOrWithADotAtItsEndIsTheSame() throws Exception {
    answer(withNames(0, "A.EXAMPLE"));
    for (String name : List.of("a.example.", "A.Example.")) {
      if (TLS.takesNamesWithADot()) {
        answer(withNames(0, name));
      } else {
        assertRefused(withNames(0, name), ILLEGAL_PARAMETER);
      }
    }
  }

  @Test
  void aNameOf255OctetsGetsTheDefaultCertificate() throws Exception {
    answer(withNames(0, ("a".repeat(63) + ".").repeat(4).substring(0, 255)));
  }

  @Test
  void anAddressIsNoNameOfACertificate() throws Exception {
    assertRefused(withNames(0, "127.0.0.1"), UNRECOGNIZED_NAME);
  }

  /** RFC 6066 §3: one name of each type, and not empty. */
  @Test
  void namesThatAreMalformedAreRefused() throws Exception {
    assertRefused(withNames(0, "a.example", "b.example"), -1);
    assertRefused(withNames(0, ""), -1);
    assertRefused(withNames(0), -1);
    assertRefused(withNames(0, "a.example\0.b.example"), -1);
    assertRefused(with(SERVER_NAME, new byte[] {0, 40, 0}), -1);
    assertRefused(with(SERVER_NAME, new byte[0]), DECODE_ERROR);
  }

  @Test
  void aNameOfAnUnknownTypeIsRefusedOrGetsTheDefaultCertificate() throws Exception {
    byte[] hello = withNames(7, "a.example");
    if (TLS.ignoresUnknownTypesOfNames()) {
      answer(hello);
    } else {
      assertRefused(hello, -1);
    }
  }

  private byte[] withNames(int type, String... names) throws Exception {
    var list = new ByteArrayOutputStream();
    for (String name : names) {
      list.write(type);
      list.write(name.length() >> 8);
      list.write(name.length());
      list.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
    }
    return with(SERVER_NAME, prefixed(list.toByteArray()));
  }

  private static byte[] prefixed(byte[] bytes) {
    var out = new ByteArrayOutputStream();
    out.write(bytes.length >> 8);
    out.write(bytes.length);
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  private byte[] with(int extension, byte[] body) throws Exception {
    return with(client("TLSv1.3", "http/1.1").flight(), extension, body);
  }

  /** A hello with another body of an extension that it has. */
  private static byte[] with(byte[] hello, int extension, byte[] body) {
    int start = extensionsOf(hello);
    var extensions = new ByteArrayOutputStream();
    boolean found = false;
    for (int at = start + 2; at < hello.length; ) {
      int type = number(hello, at);
      int length = number(hello, at + 2);
      found |= type == extension;
      extensions.write(hello, at, 2);
      extensions.writeBytes(
          prefixed(type == extension ? body : Arrays.copyOfRange(hello, at + 4, at + 4 + length)));
      at += 4 + length;
    }
    assertTrue(found, "the client has no such extension");
    byte[] all = prefixed(extensions.toByteArray());
    byte[] out = Arrays.copyOf(hello, start + all.length);
    System.arraycopy(all, 0, out, start, all.length);
    set(out, 3, out.length - 5); // of the record
    set(out, 7, out.length - 9); // of the message; its first octet stays 0
    return out;
  }

  /** Where the length of the extensions stands. */
  private static int extensionsOf(byte[] hello) {
    int at = 5 + 4 + 2 + 32;
    at += 1 + hello[at];
    if (hello[5] == SERVER_HELLO) {
      return at + 3;
    }
    at += 2 + number(hello, at);
    return at + 1 + hello[at];
  }

  private static int number(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
  }

  private static void set(byte[] bytes, int at, int number) {
    bytes[at] = (byte) (number >> 8);
    bytes[at + 1] = (byte) number;
  }

  /** The body of an extension in the first message; null if it has none. */
  private static byte @Nullable [] extension(byte[] hello, int type) {
    int end = 5 + 4 + number(hello, 7);
    for (int at = extensionsOf(hello) + 2; at < end; at += 4 + number(hello, at + 2)) {
      if (number(hello, at) == type) {
        return Arrays.copyOfRange(hello, at + 4, at + 4 + number(hello, at + 2));
      }
    }
    return null;
  }

  // ALPN -----------------------------------------------------------------------------------------

  @Test
  void listsOfProtocolsThatAreMalformedAreRefused() throws Exception {
    assertRefused(with(ALPN, new byte[] {0, 0}), DECODE_ERROR);
    assertRefused(with(ALPN, new byte[] {0, 1, 0}), DECODE_ERROR);
    assertRefused(with(ALPN, new byte[] {0, 9, 2, 'h', '2'}), DECODE_ERROR);
    assertRefused(with(ALPN, new byte[0]), DECODE_ERROR);
  }

  @Test
  void aClientOfUnknownProtocolsIsServedByHttp1() throws Exception {
    EngineClient client = client(ListenOptions.TLS.withHttp2(), "TLSv1.3", "spdy/3", "x");
    client.shake();
    watch(client.peer());
    assertEquals("", client.engine().getApplicationProtocol());
    assertServed(client);
  }

  @Test
  void aClientThatTakesOnlyHttp2GetsNoneWhereItIsOff() throws Exception {
    EngineClient client = client("TLSv1.3", "h2");
    client.shake();
    watch(client.peer());
    assertEquals("", client.engine().getApplicationProtocol());
    client.send(Http2Peer.PREFACE);
    assertTrue(client.received().startsWith("HTTP/1.1 505 "), client.received());
  }

  // Sessions -------------------------------------------------------------------------------------

  /** The hello of a client that has a ticket. */
  private byte[] resuming(String version) throws Exception {
    EngineClient first = client(version);
    first.shake();
    watch(first.peer());
    assertServed(first);
    first.peer().send(first.closeNotify());
    rig.rest();
    return client(version).flight();
  }

  @Test
  void anAlteredOrTruncatedTicketOfTls12MakesAFullHandshake() throws Exception {
    byte[] hello = resuming("TLSv1.2");
    byte[] ticket = Objects.requireNonNull(extension(hello, SESSION_TICKET));
    assertFalse(hasCertificate(answer(hello)), "not resumed");
    for (int at = 0; at < ticket.length; at += 7) {
      byte[] other = ticket.clone();
      other[at] ^= 1;
      assertTrue(hasCertificate(answer(with(hello, SESSION_TICKET, other))), "altered at " + at);
    }
    for (int length = 1; length < ticket.length; length += 13) {
      byte[] other = Arrays.copyOf(ticket, length);
      assertTrue(hasCertificate(answer(with(hello, SESSION_TICKET, other))), "length " + length);
    }
  }

  /** Whether the message behind ServerHello is Certificate, in its record or the next. */
  private static boolean hasCertificate(String answer) {
    int end = 9 + (answer.charAt(7) << 8) + answer.charAt(8);
    int recordEnd = 5 + (answer.charAt(3) << 8) + answer.charAt(4);
    return answer.charAt(end == recordEnd ? end + 5 : end) == CERTIFICATE
        && answer.charAt(end == recordEnd ? end : 0) == HANDSHAKE;
  }

  @Test
  void anAlteredTicketOfTls13MakesAFullHandshake() throws Exception {
    byte[] hello = resuming("TLSv1.3");
    byte[] offered = Objects.requireNonNull(extension(hello, PRE_SHARED_KEY));
    assertTrue(isResumed(answer(hello)));
    int length = number(offered, 2);
    for (int at = 0; at < length; at += 7) {
      byte[] other = offered.clone();
      other[4 + at] ^= 1;
      assertFalse(isResumed(answer(with(hello, PRE_SHARED_KEY, other))), "altered at " + at);
    }
  }

  @Test
  void aTruncatedTicketOfTls13MakesAFullHandshake() throws Exception {
    byte[] hello = resuming("TLSv1.3");
    byte[] offered = Objects.requireNonNull(extension(hello, PRE_SHARED_KEY));
    int whole = number(offered, 2);
    for (int length = 1; length < whole; length += 13) {
      byte[] other = new byte[offered.length - whole + length];
      System.arraycopy(offered, 4, other, 4, length);
      System.arraycopy(offered, 4 + whole, other, 4 + length, offered.length - 4 - whole);
      set(other, 0, number(offered, 0) - whole + length);
      set(other, 2, length);
      assertFalse(isResumed(answer(with(hello, PRE_SHARED_KEY, other))), "length " + length);
    }
  }

  /** RFC 8446 §4.2.11.2: whoever does not know the secret of a ticket is turned away. */
  @Test
  void aTicketOfTls13WithoutItsSecretIsRefused() throws Exception {
    byte[] hello = resuming("TLSv1.3");
    hello[hello.length - 1] ^= 1;
    assertRefused(hello, TLS.alertForAWrongBinder());
  }

  private static boolean isResumed(String answer) {
    return extension(answer.getBytes(StandardCharsets.ISO_8859_1), PRE_SHARED_KEY) != null;
  }

  // Renegotiation --------------------------------------------------------------------------------

  @Test
  void aRenegotiationIsAnsweredByAnAlertAndNothingIsServedAfterIt() throws Exception {
    EngineClient client = client("TLSv1.2");
    client.shake();
    watch(client.peer());
    assertServed(client);
    client.engine().beginHandshake();
    byte[] hello = client.flight();
    assertTrue(hello.length > 100, "the client does not renegotiate");
    client.peer().send(hello);
    assertEquals(ALERT, client.peer().take().charAt(0));
    client.peer().expectClosed();
    assertEquals(1, counted(Result.TLS_1_2));
  }
}
