// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import dev.rsp.http.Hop;
import dev.rsp.http.RequestHead;
import dev.rsp.http.TraceParent;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Begins the spans of sampled requests, and hands them to a thread that sends them. A request never
 * waits for that thread: what does not fit its queue is dropped. Any thread.
 */
public final class Traces implements AutoCloseable {
  /** A collector on the machine or beside it answers much sooner. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** How long the last spans may take at a stop. */
  private static final long CLOSE_MILLIS = 2000;

  /** Longer texts of clients are cut, as in the access log. In characters. */
  private static final int MOST_TEXT = 4096;

  /** Its own log lines: {@link LoggedExporter} says the same once, in the form of rsp's log. */
  private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

  static {
    LIBRARY.setLevel(Level.OFF);
  }

  private final TraceSettings settings;
  private final SdkTracerProvider provider;
  private final Tracer tracer;

  private Traces(TraceSettings settings, SpanExporter exporter) {
    this.settings = settings;
    var resource =
        Resource.create(Attributes.builder().put("service.name", settings.service()).build());
    this.provider =
        SdkTracerProvider.builder()
            .setResource(resource)
            // Whether a request is sampled is decided before there is a span.
            .setSampler(Sampler.alwaysOn())
            .setSpanLimits(SpanLimits.builder().setMaxAttributeValueLength(MOST_TEXT).build())
            .addSpanProcessor(
                BatchSpanProcessor.builder(new LoggedExporter(exporter, settings.endpoint()))
                    .build())
            .build();
    this.tracer = provider.get("dev.rsp");
  }

  /** Opens them; connects to the endpoint only when there are spans. */
  public static Traces open(TraceSettings settings) {
    return to(
        OtlpHttpSpanExporter.builder().setEndpoint(settings.endpoint()).setTimeout(TIMEOUT).build(),
        settings);
  }

  /** The same, with another exporter. */
  public static Traces to(SpanExporter exporter, TraceSettings settings) {
    return new Traces(settings, exporter);
  }

  /** The settings that they were opened with. */
  public TraceSettings settings() {
    return settings;
  }

  /**
   * Begins the span of a request if it is sampled, and tells the backend of it. A trusted proxy
   * that says whether it has sampled the request decides for rsp.
   *
   * @param head read only during this call
   * @param hop of the request, which has begun
   * @return null if the request is not sampled
   */
  public @Nullable RequestSpan begin(RequestHead head, Hop hop) {
    TraceParent parent = hop.trusted() ? TraceParent.in(head) : null;
    boolean sampled =
        parent == null
            ? ThreadLocalRandom.current().nextDouble() < settings.share()
            : parent.sampled();
    if (!sampled) {
      if (parent != null) {
        hop.traceParent(parent);
      }
      return null;
    }
    Span span = span(head, hop, parent);
    SpanContext context = span.getSpanContext();
    hop.traceParent(new TraceParent(context.getTraceId(), context.getSpanId(), true));
    return new RequestSpan(span);
  }

  private Span span(RequestHead head, Hop hop, @Nullable TraceParent parent) {
    byte[] bytes = head.bytes();
    String method = text(bytes, head.methodStart(), head.methodEnd());
    int path = head.targetStart();
    while (path < head.targetEnd() && bytes[path] != '?') {
      path++;
    }
    SpanBuilder builder =
        tracer
            .spanBuilder(method)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", method)
            // Not the query: it may contain secrets.
            .setAttribute("url.path", text(bytes, head.targetStart(), path))
            .setAttribute("server.address", head.host())
            // The conventions say "2" and not "2.0".
            .setAttribute("network.protocol.version", hop.version(head).replace("2.0", "2"));
    return builder.setParent(context(parent)).startSpan();
  }

  private static Context context(@Nullable TraceParent parent) {
    if (parent == null) {
      return Context.root();
    }
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    parent.traceId(),
                    parent.spanId(),
                    TraceFlags.getSampled(),
                    TraceState.getDefault())));
  }

  private static String text(byte[] bytes, int start, int end) {
    int most = Math.min(end, start + MOST_TEXT);
    return new String(bytes, start, most - start, StandardCharsets.ISO_8859_1);
  }

  /** Begins to send what is left, and ends then. Does not wait for it. */
  public void retire() {
    provider.shutdown();
  }

  /** Sends what is left, for at most two seconds. Blocks. */
  @Override
  public void close() {
    provider.shutdown().join(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
