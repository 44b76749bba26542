// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.exception.AcmeProtocolException;

/**
 * An answer of a CA, read to its end: within a time and up to a size. The time-out of the JDK's
 * client ends with the head of an answer, and an interrupt does not end the read of a body.
 */
final class CompleteAnswer {
  /** A chain of ten certificates has 20 KiB, an order of one host less than 2 KiB. */
  static final int MAX_BYTES = 1 << 20;

  private CompleteAnswer() {}

  /**
   * Sends a request, and waits for all of the answer.
   *
   * @throws HttpTimeoutException if it is not complete in time
   * @throws IOException if there is none, or the thread is interrupted
   * @throws AcmeProtocolException if it has more than {@value #MAX_BYTES} bytes, or is encoded
   */
  static HttpResponse<InputStream> of(HttpClient http, HttpRequest request, Duration timeout)
      throws IOException {
    CompletableFuture<HttpResponse<InputStream>> answer =
        http.sendAsync(
            request, head -> BodySubscribers.mapping(new Body(), ByteArrayInputStream::new));
    try {
      HttpResponse<InputStream> response = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (response.headers().firstValue("Content-Encoding").isPresent()) {
        throw new AcmeProtocolException("an answer is encoded, although this was not asked for");
      }
      return response;
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new HttpTimeoutException("no complete answer in " + timeout.toSeconds() + " s");
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new IOException("the request was interrupted", e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private static IOException failure(@Nullable Throwable cause) {
    for (Throwable one = cause; one != null; one = one.getCause()) {
      if (one instanceof TooLong) {
        throw new AcmeProtocolException(one.getMessage());
      }
    }
    return cause instanceof IOException known ? known : new IOException(cause);
  }

  private static final class TooLong extends IOException {
    private static final long serialVersionUID = 1;

    TooLong() {
      super("an answer has more than " + MAX_BYTES + " bytes");
    }
  }

  /** Collects a body until it is too long. */
  private static final class Body implements BodySubscriber<byte[]> {
    private final BodySubscriber<byte[]> all = BodySubscribers.ofByteArray();
    private Flow.@Nullable Subscription subscription;
    private long bytes;

    @Override
    public CompletionStage<byte[]> getBody() {
      return all.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
      subscription = to;
      all.onSubscribe(to);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
      part.forEach(buffer -> bytes += buffer.remaining());
      Flow.Subscription from = subscription;
      if (bytes <= MAX_BYTES) {
        all.onNext(part);
      } else if (from != null) {
        from.cancel();
        all.onError(new TooLong());
      }
    }

    @Override
    public void onError(Throwable cause) {
      all.onError(cause);
    }

    @Override
    public void onComplete() {
      all.onComplete();
    }
  }
}
