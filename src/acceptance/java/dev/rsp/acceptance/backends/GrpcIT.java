// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Ends;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TestCa;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Calls of gRPC, from a client with TLS to a server in the clear, through the packaged rsp. */
@Timeout(120)
final class GrpcIT {
  private static final int LARGE_BYTES = 20 << 20;

  private static final MethodDescriptor<byte[], byte[]> UNARY = method("unary", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> DOWN =
      method("down", MethodType.SERVER_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> UP =
      method("up", MethodType.CLIENT_STREAMING);
  private static final MethodDescriptor<byte[], byte[]> BOTH =
      method("both", MethodType.BIDI_STREAMING);

  private static final AtomicInteger CANCELLED = new AtomicInteger();
  private static final AtomicInteger WAITING = new AtomicInteger();

  private static Server server;
  private static Rsp rsp;
  private static ManagedChannel channel;

  /** Another rsp in front of the same server, which waits for a second only. */
  private static Rsp hasty;

  private static ManagedChannel hastyChannel;

  @TempDir static Path directory;

  /** Messages are octets, so that no compiler of messages is needed. */
  private static final class Octets implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName("test.Echo/" + name)
        .setRequestMarshaller(new Octets())
        .setResponseMarshaller(new Octets())
        .build();
  }

  @BeforeAll
  static void start() throws Exception {
    TestCa ca = TestCa.create();
    Path certificates = Files.createDirectories(directory.resolve("certs"));
    ca.ecdsa("grpc.example").writePem(certificates, "grpc");
    Path authority = Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service())
            .maxInboundMessageSize(2 * LARGE_BYTES)
            .build()
            .start();
    rsp = serving(directory, "");
    channel = channel(rsp, authority);
    hasty =
        serving(
            Files.createDirectories(directory.resolve("hasty")),
            "timeouts = { response = 1, body = 1, idle = 1 }\n");
    hastyChannel = channel(hasty, authority);
  }

  private static Rsp serving(Path own, String lines) {
    return Rsp.serving(
        own,
        lines
            + """
            listen = { { address = "127.0.0.1:0", tls = true } }
            certificates = "%s/certs"
            backends = { { name = "grpc", address = "127.0.0.1:%d", protocol = "h2c" } }
            """
                .formatted(directory, server.getPort()));
  }

  private static ManagedChannel channel(Rsp to, Path authority) throws IOException {
    return NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), to.port()))
        .overrideAuthority("grpc.example")
        .sslContext(GrpcSslContexts.forClient().trustManager(authority.toFile()).build())
        .maxInboundMessageSize(2 * LARGE_BYTES)
        .build();
  }

  @AfterAll
  static void stop() throws Exception {
    Ends.closeAll(
        channel == null ? null : () -> channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS),
        hastyChannel == null
            ? null
            : () -> hastyChannel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS),
        rsp,
        hasty,
        server == null ? null : () -> server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
  }

  // The server -----------------------------------------------------------------------------------

  private static ServerServiceDefinition service() {
    return ServerServiceDefinition.builder("test.Echo")
        .addMethod(UNARY, ServerCalls.asyncUnaryCall(GrpcIT::unary))
        .addMethod(DOWN, ServerCalls.asyncServerStreamingCall(GrpcIT::down))
        .addMethod(UP, ServerCalls.asyncClientStreamingCall(Sum::new))
        .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(Echo::new))
        .build();
  }

  private static void unary(byte[] request, StreamObserver<byte[]> responses) {
    String text = new String(request, 0, Math.min(10, request.length), StandardCharsets.UTF_8);
    if (text.startsWith("fail")) {
      responses.onError(
          Status.FAILED_PRECONDITION.withDescription("not today: ä").asRuntimeException());
    } else if (text.startsWith("wait")) {
      awaitCancel(responses);
    } else {
      responses.onNext(request);
      responses.onCompleted();
    }
  }

  private static void awaitCancel(StreamObserver<byte[]> responses) {
    var call = (ServerCallStreamObserver<byte[]>) responses;
    call.setOnCancelHandler(CANCELLED::incrementAndGet);
    WAITING.incrementAndGet();
  }

  /**
   * As many messages as the request says; then an error, if it is odd. Or one, and nothing more.
   */
  private static void down(byte[] request, StreamObserver<byte[]> responses) {
    if (text(request).equals("wait")) {
      responses.onNext(bytes("first"));
      awaitCancel(responses);
      return;
    }
    int count = Integer.parseInt(new String(request, StandardCharsets.UTF_8));
    for (int i = 0; i < count; i++) {
      responses.onNext(bytes("message " + i));
    }
    if (count % 2 == 1) {
      responses.onError(Status.DATA_LOSS.withDescription("odd").asRuntimeException());
    } else {
      responses.onCompleted();
    }
  }

  /** Answers with the number of messages. */
  private record Sum(StreamObserver<byte[]> responses, AtomicInteger count)
      implements StreamObserver<byte[]> {
    Sum(StreamObserver<byte[]> responses) {
      this(responses, new AtomicInteger());
    }

    @Override
    public void onNext(byte[] message) {
      count.incrementAndGet();
    }

    @Override
    public void onError(Throwable error) {
      CANCELLED.incrementAndGet();
    }

    @Override
    public void onCompleted() {
      responses.onNext(bytes(count.toString()));
      responses.onCompleted();
    }
  }

  /** Answers each message at once. */
  private record Echo(StreamObserver<byte[]> responses) implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] message) {
      responses.onNext(message);
    }

    @Override
    public void onError(Throwable error) {
      CANCELLED.incrementAndGet();
    }

    @Override
    public void onCompleted() {
      responses.onCompleted();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  // The client -----------------------------------------------------------------------------------

  private static byte[] call(byte[] request) {
    return ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, request);
  }

  /** What has come of a stream. */
  private static final class Taken implements StreamObserver<byte[]> {
    final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> failure = new CompletableFuture<>();

    @Override
    public void onNext(byte[] message) {
      messages.add(text(message));
    }

    @Override
    public void onError(Throwable error) {
      messages.add(String.valueOf(Status.fromThrowable(error).getCode()));
      failure.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      messages.add("completed");
    }

    String next() throws InterruptedException {
      return String.valueOf(messages.poll(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void aUnaryCallPassesWithItsStatusInTrailers() {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    var capturing =
        ClientInterceptors.intercept(
            channel, MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
    byte[] answer =
        ClientCalls.blockingUnaryCall(capturing, UNARY, CallOptions.DEFAULT, bytes("hello"));
    assertEquals("hello", text(answer));
    assertTrue(
        Objects.requireNonNull(headers.get()).containsKey(key("content-type")),
        () -> headers + "" + rsp);
    assertFalse(
        Objects.requireNonNull(trailers.get()).containsKey(key("content-type")),
        trailers::toString);
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Test
  void anErrorOfTheServerArrivesWithItsText() {
    var error = assertThrows(StatusRuntimeException.class, () -> call(bytes("fail")));
    assertEquals(Status.Code.FAILED_PRECONDITION, error.getStatus().getCode(), rsp::toString);
    assertEquals("not today: ä", error.getStatus().getDescription());
  }

  @Test
  void aServerStreamsManyMessagesAndThenItsStatus() {
    Iterator<byte[]> messages =
        ClientCalls.blockingServerStreamingCall(channel, DOWN, CallOptions.DEFAULT, bytes("10000"));
    int count = 0;
    while (messages.hasNext()) {
      assertEquals("message " + count++, text(messages.next()));
    }
    assertEquals(10_000, count);
    Iterator<byte[]> odd =
        ClientCalls.blockingServerStreamingCall(channel, DOWN, CallOptions.DEFAULT, bytes("1"));
    assertEquals("message 0", text(odd.next()));
    var error = assertThrows(StatusRuntimeException.class, odd::hasNext);
    assertEquals(Status.Code.DATA_LOSS, error.getStatus().getCode(), rsp::toString);
  }

  @Test
  void aClientStreamsManyMessages() throws Exception {
    Taken answer = new Taken();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncClientStreamingCall(channel.newCall(UP, CallOptions.DEFAULT), answer);
    for (int i = 0; i < 10_000; i++) {
      requests.onNext(bytes("message " + i));
    }
    requests.onCompleted();
    assertEquals("10000", answer.next());
    assertEquals("completed", answer.next());
  }

  @Test
  void bothSidesStreamAtTheSameTime() throws Exception {
    Taken answers = new Taken();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(channel.newCall(BOTH, CallOptions.DEFAULT), answers);
    for (int i = 0; i < 100; i++) {
      requests.onNext(bytes("message " + i));
      assertEquals("message " + i, answers.next());
    }
    requests.onCompleted();
    assertEquals("completed", answers.next());
  }

  @Test
  void largeMessagesPassBothWays() {
    byte[] large = new byte[LARGE_BYTES];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ((i * 31) >> 7);
    }
    assertArrayEquals(large, call(large));
  }

  @Test
  void aDeadlineOfTheClientEndsTheCallAtTheServer() {
    int before = CANCELLED.get();
    CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.SECONDS);
    var error =
        assertThrows(
            StatusRuntimeException.class,
            () -> ClientCalls.blockingUnaryCall(channel, UNARY, soon, bytes("wait")));
    assertEquals(Status.Code.DEADLINE_EXCEEDED, error.getStatus().getCode(), rsp::toString);
    Eventually.holds(() -> "a cancelled call: " + rsp, () -> CANCELLED.get() > before);
  }

  @Test
  void aCallThatIsCancelledEndsAtTheServer() {
    int before = CANCELLED.get();
    int waiting = WAITING.get();
    Future<byte[]> call =
        ClientCalls.futureUnaryCall(channel.newCall(UNARY, CallOptions.DEFAULT), bytes("wait"));
    Eventually.holds(() -> "a call that waits: " + rsp, () -> WAITING.get() > waiting);
    call.cancel(true);
    Eventually.holds(() -> "a cancelled call: " + rsp, () -> CANCELLED.get() > before);
  }

  /** Calls in which both sides are silent: what is sent, whether that is all, and how each ends. */
  static Stream<Arguments> silentCalls() {
    String cut = "HTTP/2 error code: INTERNAL_ERROR";
    return Stream.of(
        Arguments.of(UNARY, "wait", true, Status.Code.UNAVAILABLE, "HTTP status code 504"),
        Arguments.of(
            UP, "silent before the head", false, Status.Code.UNKNOWN, "HTTP status code 408"),
        Arguments.of(DOWN, "wait", true, Status.Code.INTERNAL, cut),
        Arguments.of(BOTH, "silent after the head", false, Status.Code.INTERNAL, cut));
  }

  /** {@code SilentCallTest} has the times. */
  @ParameterizedTest
  @MethodSource("silentCalls")
  void aTimeoutTellsBothSidesThatTheCallHasEnded(
      MethodDescriptor<byte[], byte[]> method,
      String request,
      boolean complete,
      Status.Code code,
      String text)
      throws Exception {
    int before = CANCELLED.get();
    Taken answer = new Taken();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            hastyChannel.newCall(method, CallOptions.DEFAULT), answer);
    requests.onNext(bytes(request));
    if (complete) {
      requests.onCompleted();
    }
    Status status = answer.failure.get(30, TimeUnit.SECONDS);
    assertEquals(code, status.getCode(), () -> status + "\n" + hasty);
    assertTrue(String.valueOf(status.getDescription()).contains(text), status::toString);
    Eventually.holds(() -> "a cancelled call: " + hasty, () -> CANCELLED.get() > before);
    assertEquals(
        "another",
        text(
            ClientCalls.blockingUnaryCall(
                hastyChannel, UNARY, CallOptions.DEFAULT, bytes("another"))));
  }

  @Test
  void hundredsOfCallsAtATimeAreAnswered() throws Exception {
    List<Future<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      calls.add(
          ClientCalls.futureUnaryCall(
              channel.newCall(UNARY, CallOptions.DEFAULT), bytes("call " + i)));
    }
    for (int i = 0; i < calls.size(); i++) {
      assertEquals("call " + i, text(calls.get(i).get(30, TimeUnit.SECONDS)));
    }
  }
}
