// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends spans by another exporter, and logs when that begins to fail and when it works again. */
final class LoggedExporter implements SpanExporter {
  private static final Logger log = LoggerFactory.getLogger(LoggedExporter.class);

  private final SpanExporter exporter;
  private final String endpoint;
  private final AtomicBoolean failing = new AtomicBoolean();

  LoggedExporter(SpanExporter exporter, String endpoint) {
    this.exporter = exporter;
    this.endpoint = endpoint;
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode result = exporter.export(spans);
    return result.whenComplete(() -> exported(result.isSuccess(), result.getFailureThrowable()));
  }

  private void exported(boolean success, @Nullable Throwable cause) {
    if (success == failing.get() && failing.compareAndSet(success, !success)) {
      if (success) {
        log.info("spans are sent again endpoint={}", endpoint);
      } else {
        String reason = cause == null ? "refused" : String.valueOf(cause.getMessage());
        log.warn("spans are not sent, and are lost: endpoint={} error={}", endpoint, reason);
      }
    }
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }
}
