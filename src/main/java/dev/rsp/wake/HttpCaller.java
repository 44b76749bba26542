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

/** Calls URLs with the JDK's client, on two threads that live only if there was ever a call. */
final class HttpCaller implements Caller {
  /** One may wait for a slow disk while the other goes on; calls themselves wait for nobody. */
  private static final int THREADS = 2;

  private @Nullable ExecutorService threads;
  private @Nullable HttpClient client;

  @Override
  public void call(String host, Initialise by, Result result) {
    try {
      threads().execute(() -> look(host, by, result));
    } catch (RejectedExecutionException e) {
      result.failed("rsp stops");
    }
  }

  private synchronized ExecutorService threads() {
    ExecutorService made = threads;
    if (made == null) {
      made =
          Executors.newFixedThreadPool(
              THREADS,
              task -> {
                Thread thread = new Thread(task, "rsp-starter");
                thread.setDaemon(true);
                return thread;
              });
      threads = made;
    }
    return made;
  }

  private synchronized HttpClient client() {
    HttpClient made = client;
    if (made == null) {
      made =
          HttpClient.newBuilder()
              .executor(threads())
              .version(HttpClient.Version.HTTP_1_1)
              .proxy(HttpClient.Builder.NO_PROXY)
              .followRedirects(HttpClient.Redirect.NEVER)
              .build();
      client = made;
    }
    return made;
  }

  private void look(String host, Initialise by, Result result) {
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
          .whenComplete((response, error) -> answeredGuarded(response, error, result));
    } catch (RuntimeException | Error e) {
      // Not its message, which could have the URL in it.
      result.failed(e.getClass().getSimpleName());
    }
  }

  /** What a callback of the client throws is lost, and with it the end of the attempt. */
  private static void answeredGuarded(
      @Nullable HttpResponse<InputStream> response, @Nullable Throwable error, Result result) {
    try {
      answered(response, error, result);
    } catch (RuntimeException | Error e) {
      result.failed(e.getClass().getSimpleName());
    }
  }

  private static void answered(
      @Nullable HttpResponse<InputStream> response, @Nullable Throwable error, Result result) {
    if (response == null) {
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      result.failed("no answer from the URL: " + cause);
      return;
    }
    try {
      // The status says it all; whatever else comes is not waited for.
      response.body().close();
    } catch (IOException e) {
      // The connection ends either way.
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
