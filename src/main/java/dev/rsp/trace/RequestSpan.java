// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import dev.rsp.access.Entry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The span of one sampled request, from its head to the end of its exchange. Confined to its event
 * loop.
 *
 * <p>Names by the semantic conventions of OpenTelemetry for HTTP (1.23, which are stable); those of
 * rsp itself begin with {@code rsp.}.
 */
public final class RequestSpan {
  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
  private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
  private static final AttributeKey<Long> REQUEST_SIZE = AttributeKey.longKey("http.request.size");
  private static final AttributeKey<Long> RESPONSE_SIZE =
      AttributeKey.longKey("http.response.size");
  private static final AttributeKey<String> SLOT = AttributeKey.stringKey("rsp.slot");
  private static final AttributeKey<String> BACKEND = AttributeKey.stringKey("rsp.backend");
  private static final AttributeKey<String> WHY = AttributeKey.stringKey("rsp.why");
  private static final AttributeKey<String> ENDING = AttributeKey.stringKey("rsp.ending");
  private static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("rsp.request_id");
  private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("rsp.connects");

  /** A server's span is an error from here on: semantic conventions for HTTP, Status. */
  private static final int SERVER_ERROR = 500;

  private final Span span;

  RequestSpan(Span span) {
    this.span = span;
  }

  /**
   * The exchange has ended.
   *
   * @param entry what is known of it; read only during this call
   */
  public void end(Entry entry) {
    long began = TimeUnit.MILLISECONDS.toNanos(entry.beganMillis());
    event("head", began, entry.headTime());
    event("sent", began, entry.sentTime());
    event("first byte", began, entry.answerTime());
    text(CLIENT, entry.client());
    text(SCHEME, entry.scheme());
    text(SLOT, entry.slot());
    text(BACKEND, entry.address());
    text(WHY, entry.why());
    text(REQUEST_ID, entry.requestId());
    span.setAttribute(ENDING, entry.ending());
    span.setAttribute(REQUEST_SIZE, entry.requestBytes());
    span.setAttribute(RESPONSE_SIZE, entry.responseBytes());
    span.setAttribute(ATTEMPTS, (long) entry.connects());
    int status = entry.status();
    if (status != 0) {
      span.setAttribute(STATUS, (long) status);
    }
    if (status == 0 || status >= SERVER_ERROR) {
      span.setStatus(StatusCode.ERROR, entry.ending());
      span.setAttribute(ERROR, status == 0 ? entry.ending() : Integer.toString(status));
    }
    span.end(began + entry.totalTime(), TimeUnit.NANOSECONDS);
  }

  private void event(String name, long began, long after) {
    if (after >= 0) {
      span.addEvent(name, began + after, TimeUnit.NANOSECONDS);
    }
  }

  private void text(AttributeKey<String> key, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      span.setAttribute(key, value);
    }
  }
}
