// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.admin.JsonReader;
import dev.rsp.admin.OpenApi;
import dev.rsp.net.Transport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon answers below {@code /api/}, over its control socket. */
@Timeout(60)
final class ApiTest {
  private static final String TWO =
      """
      backends = {
        { name = "one", address = "127.0.0.1:1" },
        { name = "two", address = "127.0.0.1:2", weight = 3 },
      }
      """;

  @TempDir private Path directory;

  private @Nullable Daemon daemon;
  private int port;
  private int admin;

  /** A status and a body. */
  private record Answered(int status, String body) {
    Map<String, @Nullable Object> json() {
      return JsonReader.object(body);
    }

    @Nullable Object at(Object... keys) {
      Object value = json();
      for (Object key : keys) {
        value =
            value instanceof List<?> list
                ? list.get((Integer) key)
                : ((Map<?, ?>) Objects.requireNonNull(value)).get(key);
      }
      return value;
    }
  }

  @BeforeEach
  void start() throws Exception {
    try (var free = new ServerSocket(0);
        var other = new ServerSocket(0)) {
      port = free.getLocalPort();
      admin = other.getLocalPort();
    }
    Files.writeString(
        directory.resolve("hosts.journal"),
        "a.example 5 29000000 one 3.000\nab.example 7 29000000 two 3.000\nb.example 1 29000000 one 3.000\n");
    write(TWO);
    daemon = new Daemon(file(), Transport.NIO);
    daemon.start(() -> {});
  }

  @AfterEach
  void stop() {
    if (daemon != null) {
      daemon.stop();
    }
  }

  private Path file() {
    return directory.resolve("backends.lua");
  }

  private void write(String more) throws IOException {
    Files.writeString(
        file(),
        "listen = \"127.0.0.1:%d\"\nloops = 1\ncontrol = \"%s\"\njournal = \"%s\"\n%s"
            .formatted(
                port, directory.resolve("c.sock"), directory.resolve("hosts.journal"), more));
  }

  private Answered ask(String method, String target, String body) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("c.sock")))) {
      String request =
          "%s %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(method, target, body.length(), body);
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
      var all = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (channel.read(buffer.clear()) >= 0) {
        all.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
      }
      String text = all.toString();
      return new Answered(
          Integer.parseInt(text.substring(9, 12)), text.substring(text.indexOf("\r\n\r\n") + 4));
    }
  }

  private Answered get(String target) throws IOException {
    return ask("GET", target, "");
  }

  @Test
  void theSlotsHaveTheirStateAndTheirPartOfTheHosts() throws IOException {
    Answered slots = get("/api/slots");
    assertEquals("one", slots.at("slots", 0, "name"));
    assertEquals("http", slots.at("slots", 0, "protocol"));
    assertEquals("up", slots.at("slots", 1, "state"));
    assertEquals(2L, slots.at("slots", 0, "hosts"));
    assertEquals(1L, slots.at("slots", 1, "hosts"));
    assertEquals(3L, slots.at("total", "hosts"));
    double share = (Double) Objects.requireNonNull(slots.at("slots", 0, "share"));
    assertTrue(share > 0.45 && share < 0.55, () -> "share " + share);
  }

  @Test
  void hostsAreFoundByTheBeginningOfTheirNames() throws IOException {
    Answered all = get("/api/hosts");
    assertEquals("a.example", all.at("hosts", 0, "host"));
    assertEquals("127.0.0.1:1", all.at("hosts", 0, "address"));
    assertEquals(false, all.at("more"));
    Answered some = get("/api/hosts?prefix=A&limit=1");
    assertEquals(true, some.at("more"));
    assertEquals(1, ((List<?>) Objects.requireNonNull(some.at("hosts"))).size());
    assertEquals("ab.example", get("/api/hosts?prefix=ab").at("hosts", 0, "host"));
    assertEquals(List.of(), get("/api/hosts?prefix=c").at("hosts"));
  }

  @Test
  void aHostIsExplainedInAnySpelling() throws IOException {
    Answered host = get("/api/hosts/A.Example.%3A80");
    assertEquals("a.example", host.at("host"));
    assertEquals(5L, host.at("requests"));
    assertEquals("default", host.at("why"));
    assertEquals(host.at("slot"), get("/api/explain?host=a.example").at("slot"));
    assertEquals(400, get("/api/hosts/a..b").status());
    assertEquals(400, get("/api/explain?host=a.example&path=x").status());
    assertEquals(400, get("/api/explain?host=a.example&method=%20").status());
    assertEquals(400, get("/api/explain").status());
  }

  @Test
  void theUsageOfHostsIsThatOfTheFilesAndOfTheRunningHour() throws IOException {
    assertEquals(404, get("/api/hosts/top").status());
    assertEquals(List.of(), get("/api/hosts/a.example").at("hours"));
    Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
    String rows = "host,requests,bytes_in,bytes_out,backend_seconds\na.example,3,4,5,1.500000\n";
    Path folder = Files.createDirectory(directory.resolve("usage"));
    // The hour after this one, too: it may begin during the test.
    for (int before = -1; before < 60; before++) {
      String name = hour.minus(before, ChronoUnit.HOURS).toString().substring(0, 13);
      boolean running = before <= 0;
      Files.writeString(
          folder.resolve(name + (running ? ".csv.running" : ".csv")),
          running ? rows + "b.example,1,1,100,0.000001\n" : rows);
    }
    write(TWO + "usage = \"" + folder + "\"");
    assertEquals(200, ask("POST", "/reload", "").status());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!get("/api/hosts/top").body().contains("a.example")) {
      assertTrue(System.nanoTime() < deadline, "the file was not read");
    }
    assertEquals("a.example", get("/api/hosts/top?by=time&limit=1").at("hosts", 0, "host"));
    Answered byBytes = get("/api/hosts/top?by=bytes&limit=1");
    assertEquals("b.example", byBytes.at("hosts", 0, "host"));
    assertEquals("one", byBytes.at("hosts", 0, "slot"));
    Set<Object> now = Set.of(hour.toString(), hour.plus(1, ChronoUnit.HOURS).toString());
    assertTrue(now.contains(byBytes.at("since")), byBytes::body);
    assertEquals(1, ((List<?>) Objects.requireNonNull(byBytes.at("hosts"))).size());
    assertEquals(400, get("/api/hosts/top?by=size").status());
    Answered host = get("/api/hosts/A.example");
    assertEquals(48, ((List<?>) Objects.requireNonNull(host.at("hours"))).size());
    assertTrue(now.contains(host.at("hours", 47, "hour")), host::body);
    assertEquals(1.5, host.at("hours", 47, "backend_seconds"));
    assertEquals(
        List.of(),
        OpenApi.shipped().differences("GET /api/hosts/{host}", host.status(), host.body()));
    assertEquals(
        List.of(),
        OpenApi.shipped().differences("GET /api/hosts/top", byBytes.status(), byBytes.body()));
  }

  @Test
  void reloadsAreListedWithWhatMovedOrWhyNot() throws IOException {
    write("listen = 5");
    assertEquals(409, ask("POST", "/reload", "").status());
    write("backends = { { name = \"one\", address = \"127.0.0.1:1\" } }");
    assertEquals(200, ask("POST", "/reload", "").status());
    Answered reloads = get("/api/reloads");
    assertEquals(true, reloads.at("reloads", 0, "accepted"));
    assertEquals(2L, reloads.at("reloads", 0, "generation"));
    assertTrue(reloads.body().contains("of 3 hosts"), reloads::body);
    assertEquals(false, reloads.at("reloads", 1, "accepted"));
    assertTrue(String.valueOf(reloads.at("reloads", 1, "by")).startsWith("uid="), reloads::body);
  }

  @Test
  void theJournalIsDescribed() throws IOException {
    assertEquals(directory.resolve("hosts.journal").toString(), get("/api/journal").at("file"));
    get("/api/slots"); // collects
    assertEquals(3L, get("/api/journal").at("hosts"));
  }

  @Test
  void theSpaceHasASlotForEachPart() throws IOException {
    List<?> slots = (List<?>) Objects.requireNonNull(get("/api/space").at("slots"));
    assertEquals(1024, slots.size());
    assertEquals(Set.of(1L, 2L), Set.copyOf(slots));
  }

  private Answered set(String slot, String state) throws IOException {
    return ask("POST", "/api/slots/" + slot, "{\"state\":\"" + state + "\"}");
  }

  private Object stateOf(int slot, String key) throws IOException {
    return Objects.requireNonNull(get("/api/slots").at("slots", slot, key));
  }

  @Test
  void anOverrideHoldsOverReloadsAndRestartsUntilFileIsSaid() throws Exception {
    assertEquals(200, set("two", "drain").status());
    assertEquals("drain", stateOf(1, "state"));
    assertEquals("up", stateOf(1, "file_state"));
    assertEquals(0.0, stateOf(1, "share"));
    assertEquals(200, ask("POST", "/api/reload", "").status());
    assertEquals("drain", stateOf(1, "state"));
    assertTrue(ask("GET", "/status", "").body().contains("\noverride slot=two state=drain since="));
    stop();
    daemon = new Daemon(file(), Transport.NIO);
    daemon.start(() -> {});
    assertEquals("drain", stateOf(1, "state"));
    assertEquals("two", get("/api/overrides").at("overrides", 0, "slot"));
    assertEquals(200, set("two", "file").status());
    assertEquals("up", stateOf(1, "state"));
    assertEquals(List.of(), get("/api/overrides").at("overrides"));
    assertFalse(Files.exists(directory.resolve("hosts.journal.overrides")));
  }

  @Test
  void anOverrideIsListedAmongTheReloadsWithWhoSetItAndHasItsOwnFigure() throws Exception {
    assertEquals(200, set("two", "down").status());
    assertEquals(409, set("one", "down").status());
    assertEquals(404, set("three", "down").status());
    assertEquals(200, ask("POST", "/api/reload", "").status());
    Answered listed = get("/api/reloads");
    assertEquals("reload", listed.at("reloads", 0, "kind"));
    assertEquals("override", listed.at("reloads", 1, "kind"));
    assertEquals(false, listed.at("reloads", 1, "accepted"));
    assertEquals(
        List.of("override slot=one state=down: no slot would be left up"),
        listed.at("reloads", 1, "lines"));
    assertEquals("override", listed.at("reloads", 2, "kind"));
    assertEquals(true, listed.at("reloads", 2, "accepted"));
    assertEquals(2L, listed.at("reloads", 2, "generation"));
    assertEquals(List.of("override slot=two state=down"), listed.at("reloads", 2, "lines"));
    String by = String.valueOf(listed.at("reloads", 2, "by"));
    assertTrue(by.matches("uid=[0-9]+ pid=[0-9]+"), by);
    assertEquals(3, ((List<?>) Objects.requireNonNull(listed.at("reloads"))).size());
    String figures = ask("GET", "/metrics", "").body();
    for (String line :
        List.of(
            "rsp_reloads_total{result=\"accepted\"} 1.0",
            "rsp_reloads_total{result=\"refused\"} 0.0",
            "rsp_overrides_total{result=\"accepted\"} 1.0",
            "rsp_overrides_total{result=\"refused\"} 1.0",
            "rsp_config_generation 3.0")) {
      assertTrue(figures.contains(line + "\n"), line);
    }
  }

  @Test
  void anOverrideLeavesASlotUp() throws Exception {
    assertEquals(200, set("two", "down").status());
    Answered refused = set("one", "drain");
    assertEquals(409, refused.status());
    assertEquals("no slot would be left up", refused.at("error"));
    assertEquals("up", stateOf(0, "state"));
    write(TWO.replace("address = \"127.0.0.1:1\"", "address = \"127.0.0.1:1\", state = \"down\""));
    Answered reload = ask("POST", "/api/reload", "");
    assertEquals(409, reload.status());
    assertTrue(reload.body().contains("overrides leave no slot up"), reload::body);
    assertEquals(404, set("three", "up").status());
    assertEquals(400, set("two", "spare").status());
    assertEquals(400, ask("POST", "/api/slots/two", "state=up").status());
  }

  @Test
  void anOverrideEndsWhenItsSlotLeavesTheFile() throws Exception {
    assertEquals(200, set("two", "down").status());
    write("backends = { { name = \"one\", address = \"127.0.0.1:1\" } }");
    assertEquals(200, ask("POST", "/api/reload", "").status());
    write(TWO);
    assertEquals(200, ask("POST", "/api/reload", "").status());
    assertEquals("up", stateOf(1, "state"));
  }

  @Test
  void aCandidateIsComparedWithWhatIsInForceAndChangesNothing() throws IOException {
    String one =
        "listen = '127.0.0.1:9'\nbackends = { { name = 'one', address = '127.0.0.1:1' } }\n";
    Answered plan = ask("POST", "/api/plan", one);
    assertEquals(200, plan.status(), plan::body);
    assertEquals(3L, plan.at("hosts"));
    Answered space = ask("POST", "/api/space", one);
    double moved = (Double) Objects.requireNonNull(space.at("moved"));
    assertTrue(moved > 0.4 && moved < 0.6, () -> "moved " + moved);
    assertEquals(Set.of(1L), Set.copyOf((List<?>) Objects.requireNonNull(space.at("after"))));
    assertEquals(List.of("one"), space.at("names_after"));
    Answered wrong = ask("POST", "/api/plan", "listen = 5\nbackends = {}\n");
    assertEquals(422, wrong.status());
    assertTrue(wrong.body().contains("backends.lua:1: listen: 5"), wrong::body);
    assertEquals(2, ((List<?>) Objects.requireNonNull(get("/api/slots").at("slots"))).size());
  }

  @Test
  void theAdminEndpointTakesTheTokenOfItsFileAndAnotherAfterAReload() throws Exception {
    Path token = directory.resolve("token");
    write(TWO + "admin = { address = '127.0.0.1:" + admin + "', token_file = '" + token + "' }");
    assertEquals(409, ask("POST", "/api/reload", "").status());
    for (String text : List.of("0123456789abcdef", "fedcba9876543210")) {
      Files.writeString(token, text);
      Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
      assertEquals(200, ask("POST", "/api/reload", "").status());
      assertEquals(200, overTcp(text));
    }
    assertEquals(401, overTcp("0123456789abcdef"));
    write(TWO);
    assertEquals(200, ask("POST", "/api/reload", "").status());
    assertThrows(ConnectException.class, () -> overTcp("fedcba9876543210"));
  }

  private int overTcp(String token) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), admin)) {
      String request =
          "GET /api/slots HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer "
              + token
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      byte[] head = socket.getInputStream().readNBytes(12);
      return Integer.parseInt(new String(head, StandardCharsets.ISO_8859_1).substring(9));
    }
  }

  @Test
  void whatIsNotThereIsAnErrorInJson() throws IOException {
    assertEquals(404, get("/api/nothing").status());
    assertEquals("no such path", get("/api/nothing").at("error"));
    assertEquals(405, ask("POST", "/api/slots", "").status());
    assertEquals("GET only", ask("POST", "/api/slots", "").at("error"));
    assertEquals(400, get("/api/hosts/%zz").status());
  }

  /** Each command with a request that it answers, and one that it refuses if there is one. */
  private List<String> requests() {
    return List.of(
        "GET /api/openapi.json",
        "GET /api/status",
        "GET /api/slots",
        "GET /api/hosts",
        "GET /api/hosts/top",
        "GET /api/hosts/top ?by=size",
        "GET /api/hosts/{host} a.example",
        "GET /api/hosts/{host} a..b",
        "GET /api/explain ?host=a.example",
        "GET /api/explain ?host=",
        "GET /api/space",
        "POST /api/slots/{slot} two ! {\"state\":\"drain\"}",
        "POST /api/slots/{slot} one ! {\"state\":\"drain\"}",
        "POST /api/slots/{slot} three ! {\"state\":\"drain\"}",
        "POST /api/slots/{slot} two ! {}",
        "GET /api/overrides",
        "POST /api/space ! listen = 'x'",
        "POST /api/space ! listen = '127.0.0.1:9' backends = { '127.0.0.1:5' }",
        "POST /api/plan ! listen = 'x'",
        "POST /api/plan ! listen = '127.0.0.1:9' backends = { { name = 'one', address = '127.0.0.1:2' }, { name = 'two', address = '127.0.0.1:1' } }",
        "POST /api/reload",
        "GET /api/reloads",
        "GET /api/journal",
        "GET /api/certificates");
  }

  @Test
  void eachCommandAndEachFieldIsDescribedAndEachDescribedOneExists() throws IOException {
    OpenApi described = OpenApi.shipped();
    ask("POST", "/reload", "");
    List<String> differences = new ArrayList<>();
    Set<String> asked = new TreeSet<>();
    for (String request : requests()) {
      String[] parts = request.split(" ! ", -1);
      String[] words = parts[0].split(" ", -1);
      String target =
          words.length < 3
              ? words[1]
              : words[1].contains("{")
                  ? words[1].replaceAll("\\{.*}", words[2])
                  : words[1] + words[2];
      Answered answer = ask(words[0], target, parts.length > 1 ? parts[1] : "");
      String command = words[0] + " " + words[1];
      asked.add(command);
      differences.addAll(described.differences(command, answer.status(), answer.body()));
    }
    assertEquals(List.of(), differences);
    Set<String> commands = new TreeSet<>(described.commands());
    assertTrue(commands.remove("GET /api/events"), "has no end: see EndpointTest");
    assertEquals(commands, asked);
    asked.remove("GET /api/openapi.json"); // a file
    assertEquals(Objects.requireNonNull(daemon).commands(), asked);
  }
}
