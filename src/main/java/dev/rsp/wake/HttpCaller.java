// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Calls URLs with the JDK's HTTP client, on two threads that are created at the first call. */
final class HttpCaller implements Caller {
  /** Two, so that a slow disk does not block all calls; the calls themselves are asynchronous. */
  private static final int THREADS = 2;

  private @Nullable ExecutorService threads;
  private @Nullable HttpClient client;

  @Override
  public void call(String host, Initialise by, Result result) {
    try {
      threads().execute(() -> checkAndCall(host, by, result));
    } catch (RejectedExecutionException e) {
      result.failed("rsp is stopping");
    }
  }

  private synchronized ExecutorService threads() {
    ExecutorService created = threads;
    if (created == null) {
      created =
          Executors.newFixedThreadPool(
              THREADS,
              task -> {
                Thread thread = new Thread(task, "rsp-starter");
                thread.setDaemon(true);
                return thread;
              });
      threads = created;
    }
    return created;
  }

  private synchronized HttpClient client() {
    HttpClient created = client;
    if (created == null) {
      created =
          HttpClient.newBuilder()
              .executor(threads())
              .version(HttpClient.Version.HTTP_1_1)
              .proxy(HttpClient.Builder.NO_PROXY)
              .followRedirects(HttpClient.Redirect.NEVER)
              .build();
      client = created;
    }
    return created;
  }

  private void checkAndCall(String host, Initialise by, Result result) {
    try {
      Path marker = by.marker(host);
      if (marker != null && Files.exists(marker)) {
        result.exists();
        return;
      }
      result.calling();
      HttpRequest request =
          HttpRequest.newBuilder(by.uri(host))
              .method(by.method(), BodyPublishers.noBody())
              .timeout(Duration.ofMillis(by.timeoutMillis()))
              .build();
      client()
          .sendAsync(request, BodyHandlers.ofInputStream())
          .whenComplete((response, error) -> handleResponseGuarded(response, error, result));
    } catch (RuntimeException | Error e) {
      // Not its message, which may contain the URL.
      result.failed(e.getClass().getSimpleName());
    }
  }

  /** Reports exceptions as a failure, because the client would discard them. */
  private static void handleResponseGuarded(
      @Nullable HttpResponse<InputStream> response, @Nullable Throwable error, Result result) {
    try {
      handleResponse(response, error, result);
    } catch (RuntimeException | Error e) {
      result.failed(e.getClass().getSimpleName());
    }
  }

  private static void handleResponse(
      @Nullable HttpResponse<InputStream> response, @Nullable Throwable error, Result result) {
    if (response == null) {
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      result.failed("no answer from the URL: " + cause);
      return;
    }
    try {
      // Only the status matters; the body is not read.
      response.body().close();
    } catch (IOException e) {
      // The connection is closed in any case.
    }
    int status = response.statusCode();
    if (status >= 200 && status < 300) {
      result.accepted();
    } else {
      result.refused(status);
    }
  }

  @Override
  public synchronized void close() {
    if (threads != null) {
      threads.shutdownNow();
    } else {
      threads = Executors.newFixedThreadPool(1);
      threads.shutdownNow();
    }
  }
}
