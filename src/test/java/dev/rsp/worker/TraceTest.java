// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.trace.TraceSettings;
import dev.rsp.trace.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which requests are traced, what their spans say, and what backends are told. */
final class TraceTest {
  private static final String TRUSTED = "trusted_proxies = '127.0.0.0/8'";
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String PARENT = "traceparent: 00-" + TRACE + "-" + SPAN;
  private static final String STATE = "tracestate: vendor=1";

  private static final class Exporter implements SpanExporter {
    final List<SpanData> spans = new CopyOnWriteArrayList<>();

    @Override
    public CompletableResultCode export(Collection<SpanData> some) {
      spans.addAll(some);
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  private final Exporter exporter = new Exporter();

  @AutoClose private EmbeddedRig rig;

  private Traces traces;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig();
    traces = traces(1);
  }

  @AfterEach
  void close() {
    traces.close();
  }

  private Traces traces(double share) {
    return Traces.to(exporter, new TraceSettings("http://127.0.0.1:1/", share, "rsp"));
  }

  private void start(double share, String... lines) throws Exception {
    traces.close();
    traces = traces(share);
    rig.trace(traces);
    String key = "traces = { endpoint = 'http://127.0.0.1:1/', sample = %s }".formatted(share);
    rig.serve(EmbeddedRig.config(key, String.join("\n", lines)));
  }

  private static String request(String... more) {
    return Messages.lines("GET /path?secret=1 HTTP/1.1", "Host: a", String.join("\r\n", more));
  }

  /** What the backend got for a request that was served. */
  private String served(String request) {
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer backend = rig.backend();
    String got = backend.take();
    backend.send(ok("1"));
    client.take();
    rig.expectEndings("served=1");
    return got;
  }

  private SpanData onlySpan() {
    traces.close();
    assertEquals(1, exporter.spans.size(), exporter.spans::toString);
    return exporter.spans.get(0);
  }

  private static String parentLine(SpanData span) {
    return "traceparent: 00-" + span.getTraceId() + "-" + span.getSpanId() + "-01\r\n";
  }

  @Test
  void aTracedRequestHasASpanOfWhichTheBackendHears() throws Exception {
    start(1, "request_id = 'X-Request-ID'");
    String got = served(request("X: y"));
    SpanData span = onlySpan();
    assertTrue(got.contains(parentLine(span)), got);
    assertEquals("GET", span.getName());
    assertEquals("rsp", span.getResource().getAttribute(AttributeKey.stringKey("service.name")));
    assertFalse(span.getParentSpanContext().isValid());
    Map<AttributeKey<?>, Object> attributes = span.getAttributes().asMap();
    assertEquals("/path", attributes.get(AttributeKey.stringKey("url.path")));
    assertEquals("a", attributes.get(AttributeKey.stringKey("server.address")));
    assertEquals(200L, attributes.get(AttributeKey.longKey("http.response.status_code")));
    assertEquals("127.0.0.1", attributes.get(AttributeKey.stringKey("client.address")));
    assertEquals("127.0.0.1:1", attributes.get(AttributeKey.stringKey("rsp.slot")));
    assertEquals("served", attributes.get(AttributeKey.stringKey("rsp.ending")));
    String id = String.valueOf(attributes.get(AttributeKey.stringKey("rsp.request_id")));
    assertTrue(got.contains("X-Request-ID: " + id + "\r\n"), got);
    assertFalse(attributes.toString().contains("secret"), attributes::toString);
    assertEquals(
        List.of("head", "sent", "first byte"),
        span.getEvents().stream().map(EventData::getName).toList());
    assertTrue(span.getEndEpochNanos() > span.getStartEpochNanos());
    assertEquals(StatusCode.UNSET, span.getStatus().getStatusCode());
  }

  @Test
  void aRequestThatIsNotSampledHasNoSpanAndNothingIsAdded() throws Exception {
    start(0);
    String got = served(request("X: y"));
    assertFalse(got.contains("trace"), got);
    traces.close();
    assertEquals(List.of(), exporter.spans);
  }

  @Test
  void aClientCannotDecideAboutTraces() throws Exception {
    start(0);
    String got = served(request(PARENT + "-01", STATE, "Trace_Parent: x", "TRACEPARENT: y"));
    assertFalse(got.toLowerCase(java.util.Locale.ROOT).contains("traceparent"), got);
    assertFalse(got.contains("tracestate"), got);
    traces.close();
    assertEquals(List.of(), exporter.spans);
  }

  @Test
  void theTraceOfATrustedProxyGoesOn() throws Exception {
    start(0, TRUSTED);
    String got = served(request(PARENT + "-01", STATE));
    SpanData span = onlySpan();
    assertEquals(TRACE, span.getTraceId());
    assertEquals(SPAN, span.getParentSpanId());
    assertTrue(got.contains(parentLine(span)), got);
    assertTrue(got.contains(STATE + "\r\n"), got);
    assertFalse(got.contains(SPAN), got);
  }

  @Test
  void whatATrustedProxyHasNotSampledIsPassedOn() throws Exception {
    start(1, TRUSTED);
    String got = served(request(PARENT + "-00", STATE));
    assertTrue(got.contains(PARENT + "-00\r\n"), got);
    assertTrue(got.contains(STATE + "\r\n"), got);
    traces.close();
    assertEquals(List.of(), exporter.spans);
  }

  @Test
  void aMalformedFieldOfATrustedProxyBeginsANewTrace() throws Exception {
    start(1, TRUSTED);
    String got = served(request("traceparent: 00-nonsense"));
    SpanData span = onlySpan();
    assertFalse(span.getParentSpanContext().isValid());
    assertTrue(got.contains(parentLine(span)), got);
    assertFalse(got.contains("nonsense"), got);
  }

  @Test
  void withoutTracesTheFieldsArePassedOnAsTheyAre() {
    String got = served(request(PARENT + "-01", STATE));
    assertTrue(got.contains(PARENT + "-01\r\n" + STATE + "\r\n"), got);
  }

  @Test
  void aRequestThatFailsHasASpanWithTheReason() throws Exception {
    start(1, "timeouts = { connect_retry = 0 }");
    EmbeddedPeer client = rig.client(request("X: y"));
    assertTrue(rig.refusedIfAsked());
    client.take();
    rig.expectEndings("connect_failed=1");
    SpanData span = onlySpan();
    assertEquals(StatusCode.ERROR, span.getStatus().getStatusCode());
    assertEquals("connect_failed", span.getStatus().getDescription());
    assertEquals("502", span.getAttributes().get(AttributeKey.stringKey("error.type")));
    assertEquals(List.of("head"), span.getEvents().stream().map(EventData::getName).toList());
  }

  @Test
  void eachRequestOfAConnectionHasASpanOfItsOwn() throws Exception {
    start(1);
    EmbeddedPeer client = rig.client(request("X: 1") + request("X: 2"));
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    rig.rest();
    backend.send(ok("2"));
    client.take();
    rig.expectEndings("served=2");
    traces.close();
    assertEquals(2, exporter.spans.stream().map(SpanData::getTraceId).distinct().count());
  }
}
