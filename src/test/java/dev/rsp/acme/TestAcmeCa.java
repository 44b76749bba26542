// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An ACME server for tests on 127.0.0.1, without TLS: enough of RFC 8555 and RFC 9773 for one
 * client. It can be told to fail. It checks the requests for certificates, not the signatures of
 * messages.
 */
final class TestAcmeCa implements AutoCloseable {
  private static final byte[] P256_KEY = HexFormat.of().parseHex("3059301306072a8648ce3d0201");
  private static final int KEY_BYTES = 91;
  private static final byte[] SAN = HexFormat.of().parseHex("0603551d11");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final TestCa ca = TestCa.create();
  private final AtomicInteger serial = new AtomicInteger();
  private final Map<String, OrderState> byId = new ConcurrentHashMap<>();

  /** What the next requests for new orders, or all that are left, get. */
  private final Deque<Refusal> refusals = new ArrayDeque<>();

  /** The path of each request, with the payload of those for accounts and orders. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  volatile List<String> challenges = List.of("http-01", "tls-alpn-01");
  volatile Validator validator = (type, host, token) -> null;
  volatile boolean announces;
  volatile boolean reusesAuthorizations;
  volatile String windowStart = "2030-01-01T00:00:00Z";
  volatile String windowEnd = "2030-01-03T00:00:00Z";
  volatile String contact = "";
  volatile Duration hangs = Duration.ZERO;
  volatile int pendingPolls;

  /** Looks at a challenge; returns a problem, or null. */
  interface Validator {
    @Nullable String problem(String type, String host, String token);
  }

  private record Refusal(int status, String type, String body, String retryAfter) {}

  private static final class OrderState {
    private final String host;
    private volatile String status = "pending";
    private volatile @Nullable String problem;
    private volatile String challenge = "";
    private volatile String chain = "";
    private final AtomicInteger pollsLeft = new AtomicInteger();

    OrderState(String host) {
      this.host = host;
    }
  }

  private TestAcmeCa() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  static TestAcmeCa start() throws IOException {
    return new TestAcmeCa();
  }

  URI directory() {
    return URI.create(base() + "/directory");
  }

  private String base() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Refuses the next order with a problem. */
  void refuse(int status, String type, String detail, String retryAfter) {
    synchronized (refusals) {
      refusals.add(
          new Refusal(
              status,
              "application/problem+json",
              "{\"type\":\"urn:ietf:params:acme:error:%s\",\"detail\":\"%s\"}"
                  .formatted(type, detail.replace("\"", "\\\"")),
              retryAfter));
    }
  }

  /** Answers the next order with something that is no problem document. */
  void breakDown(int status, String body, String retryAfter) {
    synchronized (refusals) {
      refusals.add(new Refusal(status, "text/html", body, retryAfter));
    }
  }

  long count(String path) {
    return requests.stream().filter(request -> request.startsWith(path)).count();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String payload =
          payload(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      requests.add(path + " " + payload);
      exchange.getResponseHeaders().add("Replay-Nonce", "nonce" + serial.incrementAndGet());
      String[] parts = path.split("/", -1);
      switch (parts[1]) {
        case "directory" -> json(exchange, 200, directoryText());
        case "nonce" -> exchange.sendResponseHeaders(200, -1);
        case "account" -> account(exchange, payload);
        case "new-order" -> newOrder(exchange, payload);
        case "order" -> order(exchange, parts[2]);
        case "authz" -> authorization(exchange, parts[2]);
        case "chall" -> challenge(exchange, parts[2], parts[3], payload);
        case "finalize" -> finish(exchange, parts[2], payload);
        case "cert" ->
            send(exchange, 200, "application/pem-certificate-chain", known(parts[2]).chain);
        case "renewal-info" -> {
          exchange.getResponseHeaders().add("Retry-After", "21600");
          json(
              exchange,
              200,
              "{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"}}"
                  .formatted(windowStart, windowEnd));
        }
        default -> exchange.sendResponseHeaders(404, -1);
      }
    } catch (GeneralSecurityException | InterruptedException e) {
      throw new IOException(e);
    }
  }

  private String directoryText() {
    String b = base();
    return ("{\"newNonce\":\"%s/nonce\",\"newAccount\":\"%s/account\",\"newOrder\":\"%s/new-order\","
            + "%s\"meta\":{\"termsOfService\":\"%s/terms\"}}")
        .formatted(b, b, b, announces ? "\"renewalInfo\":\"" + b + "/renewal-info\"," : "", b);
  }

  private void account(HttpExchange exchange, String payload) throws IOException {
    exchange.getResponseHeaders().add("Location", base() + "/account/1");
    if (payload.contains("mailto:") && exchange.getRequestURI().getPath().endsWith("/1")) {
      contact = field(payload, "contact\":\\[\"([^\"]*)");
    }
    json(
        exchange,
        200,
        "{\"status\":\"valid\",\"contact\":[%s]}"
            .formatted(contact.isEmpty() ? "" : '"' + contact + '"'));
  }

  private OrderState known(String id) {
    return Objects.requireNonNull(byId.get(id), "the client asks for its orders only");
  }

  private void newOrder(HttpExchange exchange, String payload)
      throws IOException, InterruptedException {
    Refusal refusal;
    synchronized (refusals) {
      refusal = refusals.poll();
    }
    if (!hangs.isZero()) {
      Thread.sleep(hangs.toMillis());
    }
    if (refusal != null) {
      if (!refusal.retryAfter.isEmpty()) {
        exchange.getResponseHeaders().add("Retry-After", refusal.retryAfter);
      }
      send(exchange, refusal.status, refusal.type, refusal.body);
      return;
    }
    String id = Integer.toString(serial.incrementAndGet());
    var order = new OrderState(field(payload, "\"value\":\"([^\"]*)"));
    if (reusesAuthorizations) {
      order.status = "ready";
    }
    byId.put(id, order);
    exchange.getResponseHeaders().add("Location", base() + "/order/" + id);
    json(exchange, 201, text(id, order));
  }

  private void order(HttpExchange exchange, String id) throws IOException {
    json(exchange, 200, text(id, known(id)));
  }

  private String text(String id, OrderState order) {
    return ("{\"status\":\"%s\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"%s\"}],"
            + "\"authorizations\":[\"%s/authz/%s\"],\"finalize\":\"%s/finalize/%s\"%s}")
        .formatted(
            order.status,
            order.host,
            base(),
            id,
            base(),
            id,
            order.chain.isEmpty() ? "" : ",\"certificate\":\"" + base() + "/cert/" + id + '"');
  }

  private void authorization(HttpExchange exchange, String id) throws IOException {
    OrderState order = known(id);
    if (!order.challenge.isEmpty()
        && order.pollsLeft.getAndDecrement() <= 0
        && order.status.equals("pending")) {
      order.problem = validator.problem(order.challenge, order.host, "token" + id);
      order.status = order.problem == null ? "ready" : "invalid";
    }
    String status = order.status.equals("ready") ? "valid" : order.status;
    List<String> all = new ArrayList<>();
    challenges.forEach(type -> all.add(challengeText(id, type, status, order)));
    json(
        exchange,
        200,
        "{\"status\":\"%s\",\"identifier\":{\"type\":\"dns\",\"value\":\"%s\"},\"challenges\":[%s]}"
            .formatted(status, order.host, String.join(",", all)));
  }

  private String challengeText(String id, String type, String status, OrderState order) {
    return "{\"type\":\"%s\",\"url\":\"%s/chall/%s/%s\",\"token\":\"token%s\",\"status\":\"%s\"%s}"
        .formatted(
            type,
            base(),
            id,
            type,
            id,
            type.equals(order.challenge) ? status : "pending",
            order.problem == null || !type.equals(order.challenge)
                ? ""
                : ",\"error\":{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\""
                    + order.problem
                    + "\"}");
  }

  private void challenge(HttpExchange exchange, String id, String type, String payload)
      throws IOException {
    OrderState order = known(id);
    if (payload.equals("{}")) {
      order.challenge = type;
      order.pollsLeft.set(pendingPolls);
    }
    json(exchange, 200, challengeText(id, type, order.status, order));
  }

  private void finish(HttpExchange exchange, String id, String payload)
      throws IOException, GeneralSecurityException {
    OrderState order = known(id);
    byte[] request = Base64.getUrlDecoder().decode(field(payload, "\"csr\":\"([^\"]*)"));
    if (!requestedName(request).equals(order.host) || !isSigned(request)) {
      send(
          exchange,
          400,
          "application/problem+json",
          "{\"type\":\"urn:ietf:params:acme:error:badCSR\",\"detail\":\"not of this order\"}");
      return;
    }
    TestCa.Leaf leaf =
        ca.leaf(
            new KeyPair(requestedKey(request), TestCa.ecdsaKeys().getPrivate()),
            Instant.now().minusSeconds(60),
            Instant.now().plus(Duration.ofDays(90)),
            order.host);
    order.chain = leaf.chainPem();
    order.status = "valid";
    json(exchange, 200, text(id, order));
  }

  /** The key in a request for a certificate. */
  static PublicKey requestedKey(byte[] request) {
    int start = indexOf(request, P256_KEY);
    try {
      return KeyFactory.getInstance("EC")
          .generatePublic(
              new X509EncodedKeySpec(Arrays.copyOfRange(request, start, start + KEY_BYTES)));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The only name in a request. */
  static String requestedName(byte[] request) {
    // OCTET STRING { SEQUENCE { [2] name } }
    int name = content(request, content(request, indexOf(request, SAN) + SAN.length));
    int from = content(request, name);
    int length = length(request, name);
    return new String(request, from, length, StandardCharsets.US_ASCII);
  }

  /** Whether a request, or a certificate, is signed with the key in it. */
  static boolean isSigned(byte[] request) throws GeneralSecurityException {
    int content = content(request, 0);
    int end = content(request, content) + length(request, content);
    int algorithm = content(request, end) + length(request, end);
    int bits = content(request, algorithm);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initVerify(requestedKey(request));
    signature.update(request, content, end - content);
    return signature.verify(request, bits + 1, request.length - bits - 1);
  }

  private static int content(byte[] der, int from) {
    int first = der[from + 1] & 0xff;
    return from + 2 + (first > 0x80 ? first & 0x7f : 0);
  }

  private static int length(byte[] der, int from) {
    int first = der[from + 1] & 0xff;
    int length = first > 0x80 ? 0 : first;
    for (int i = 0; first > 0x80 && i < (first & 0x7f); i++) {
      length = (length << 8) | (der[from + 2 + i] & 0xff);
    }
    return length;
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i <= bytes.length - part.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new IllegalArgumentException("not in it");
  }

  private static String payload(String message) {
    String encoded = message.isEmpty() ? "" : field(message, "\"payload\":\"([^\"]*)");
    return new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8);
  }

  private static String field(String json, String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(json);
    return found.find() ? found.group(1) : "";
  }

  private static void json(HttpExchange exchange, int status, String text) throws IOException {
    send(exchange, status, "application/json", text);
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }
}
