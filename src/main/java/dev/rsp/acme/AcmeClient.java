// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.DefaultConnection;
import org.shredzone.acme4j.connector.HttpConnector;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/**
 * How acme4j speaks with a CA: by a client of HTTP that all sessions share. It keeps what acme4j
 * forgets of an answer that is no success: its status and its Retry-After. For one thread.
 */
final class AcmeClient extends GenericAcmeProvider {
  private final HttpClient http;
  private int status;
  private long retryMillis;

  AcmeClient(HttpClient http) {
    this.http = http;
  }

  /** The status of the last answer; 0 if there was none. */
  int status() {
    return status;
  }

  /** How long the last answer asks to wait; 0 if it does not say. */
  long retryMillis() {
    return retryMillis;
  }

  /** A session with a CA. */
  Session session(URI directory, Duration timeout) {
    var session = new Session(directory, this);
    session.networkSettings().setTimeout(timeout);
    return session;
  }

  @Override
  public HttpClient createHttpClient(NetworkSettings settings) {
    return http;
  }

  @Override
  public Connection connect(URI directory, NetworkSettings settings, HttpClient client) {
    return new Remembering(createHttpConnector(settings, client));
  }

  private final class Remembering extends DefaultConnection {
    Remembering(HttpConnector connector) {
      super(connector);
    }

    @Override
    protected void sendRequest(Session session, URL url, Consumer<HttpRequest.Builder> body)
        throws IOException {
      status = 0;
      retryMillis = 0;
      // As in DefaultConnection, but for compression, which may make a small answer a large one,
      // and for the body, which is read here.
      HttpRequest.Builder request =
          httpConnector
              .createRequestBuilder(url)
              .header("Accept-Charset", "utf-8")
              .header("Accept-Language", session.getLanguageHeader());
      body.accept(request);
      HttpResponse<InputStream> response =
          CompleteAnswer.of(http, request.build(), session.networkSettings().getTimeout());
      lastResponse = response;
      status = response.statusCode();
      try {
        retryMillis =
            getRetryAfter()
                .map(time -> Math.max(0, Duration.between(Instant.now(), time).toMillis()))
                .orElse(0L);
      } catch (AcmeProtocolException | ArithmeticException e) {
        retryMillis = 0; // neither a number nor a date
      }
    }
  }
}
