// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.acme.Allow;
import dev.rsp.log.RateLimit;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a URL, with the host as the parameter {@code domain}: the form of Caddy's on_demand_tls. A
 * status of 200 to 299 allows the host, 300 to 499 does not. Others, and no answer, are no
 * decision.
 */
final class UrlAllow implements Allow, Closeable {
  private static final Logger log = LoggerFactory.getLogger(UrlAllow.class);

  /** Handshakes wait for it; a service that needs longer for one look-up is broken. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** More hosts get no answer, so that a slow service does not get all of a flood of names. */
  private static final int MAX_AT_ONCE = 100;

  private static final int TOO_MANY_REQUESTS = 429;

  private final URI url;
  private final Duration timeout;
  private final Semaphore free = new Semaphore(MAX_AT_ONCE);
  private final RateLimit limit = new RateLimit();
  private final ExecutorService thread;
  private @Nullable HttpClient client;

  UrlAllow(URI url) {
    this(url, TIMEOUT);
  }

  UrlAllow(URI url, Duration timeout) {
    this.url = url;
    this.timeout = timeout;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              var created = new Thread(task, "acme-allow");
              created.setDaemon(true);
              return created;
            });
  }

  /** Made with the first question, because it starts threads. */
  private synchronized HttpClient client() {
    HttpClient made = client;
    if (made == null) {
      made =
          HttpClient.newBuilder()
              .executor(thread)
              .version(HttpClient.Version.HTTP_1_1)
              .proxy(HttpClient.Builder.NO_PROXY)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(timeout)
              .build();
      client = made;
    }
    return made;
  }

  @Override
  public void ask(String host, Consumer<Answer> answer) {
    if (!free.tryAcquire()) {
      noAnswer(host, "more than " + MAX_AT_ONCE + " questions at the same time");
      answer.accept(Answer.UNKNOWN);
      return;
    }
    try {
      thread.execute(() -> send(host, answer));
    } catch (RuntimeException e) { // closed
      free.release();
      answer.accept(Answer.UNKNOWN);
    }
  }

  private void send(String host, Consumer<Answer> answer) {
    try {
      HttpRequest request = HttpRequest.newBuilder(question(host)).timeout(timeout).build();
      client()
          .sendAsync(request, BodyHandlers.ofInputStream())
          .whenComplete((response, error) -> answered(host, response, error, answer));
    } catch (RuntimeException | Error e) {
      free.release();
      noAnswer(host, e.toString());
      answer.accept(Answer.UNKNOWN);
    }
  }

  /** A canonical host needs no encoding: letters, digits and {@code -._}. */
  private URI question(String host) {
    String text = url.toString();
    char mark = url.getRawQuery() == null ? '?' : '&';
    return URI.create(text + mark + "domain=" + host);
  }

  private void answered(
      String host,
      @Nullable HttpResponse<InputStream> response,
      @Nullable Throwable error,
      Consumer<Answer> answer) {
    free.release();
    Answer result = Answer.UNKNOWN;
    if (response == null) {
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      noAnswer(host, String.valueOf(cause));
    } else {
      result = answerOf(response.statusCode());
      if (result == Answer.UNKNOWN) {
        noAnswer(host, "status " + response.statusCode());
      }
      try {
        response.body().close(); // only the status matters
      } catch (IOException e) {
        log.debug("the connection to the URL is closed in any case", e);
      }
    }
    answer.accept(result);
  }

  private static Answer answerOf(int status) {
    if (status >= 200 && status < 300) {
      return Answer.YES;
    }
    boolean isDecision = status >= 300 && status < 500 && status != TOO_MANY_REQUESTS;
    return isDecision ? Answer.NO : Answer.UNKNOWN;
  }

  private synchronized void noAnswer(String host, String why) {
    if (limit.allows()) {
      log.warn(
          "acme.allow: no answer from the URL, so there is no certificate host={} suppressed={}: {}",
          host,
          limit.takeSuppressed(),
          why);
    }
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
