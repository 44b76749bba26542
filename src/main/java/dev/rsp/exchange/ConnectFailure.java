// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.http.Refusal;
import dev.rsp.net.tls.BackendHandshakes;
import java.io.FileNotFoundException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Why no connection to a place could be made. */
public enum ConnectFailure {
  /** Nothing listens there: ECONNREFUSED. */
  REFUSED("refused"),
  /** There is no Unix socket of that path: ENOENT. */
  MISSING("missing"),
  /** The backend did not accept it in time. */
  TIMEOUT("timeout"),
  /** The accept queue (backlog) of its Unix socket is full: EAGAIN. */
  FULL("full"),
  /** This machine has no socket or port left. */
  EXHAUSTED("exhausted"),
  /** No route, no permission, and all other errors. */
  UNREACHABLE("unreachable"),
  /** Its certificate is not accepted. */
  CERTIFICATE("certificate"),
  /** The TLS handshake failed for another reason. */
  TLS("tls"),
  /** It does not speak HTTP/2, or does not agree on it by ALPN. */
  HTTP2("http2");

  /** The refusals for clients. */
  private static final class Answers {
    static final Refusal UNREACHABLE = new Refusal(502, "the backend cannot be reached");
    static final Refusal TIMEOUT =
        new Refusal(504, "the backend took too long to accept the connection");
    static final Refusal CERTIFICATE =
        new Refusal(502, "the certificate of the backend is not accepted");
    static final Refusal TLS = new Refusal(502, "the backend does not agree on TLS");
    static final Refusal HTTP2 = new Refusal(502, "the backend does not agree on HTTP/2");
    static final Refusal EXHAUSTED = new Refusal(503, "out of connections to the backend");
  }

  /** Netty's text for errno 11 of Linux, whatever the language of the C library. */
  private static final String EAGAIN = "error(-11)";

  /** The JDK only has the C library's message. */
  private static final String EAGAIN_IN_WORDS = "Resource temporarily unavailable";

  private final String text;

  ConnectFailure(String text) {
    this.text = text;
  }

  /**
   * Whether nothing listens at the place: nothing was sent, and the next try costs nothing. Other
   * failures have taken their time already (no route, no answer), or do not pass (no permission).
   */
  boolean nothingListens() {
    return this == REFUSED || this == MISSING;
  }

  /** The refusal for the client if there is no other place. */
  Refusal refusal() {
    return switch (this) {
      case TIMEOUT, FULL -> Answers.TIMEOUT;
      case EXHAUSTED -> Answers.EXHAUSTED;
      case REFUSED, MISSING, UNREACHABLE -> Answers.UNREACHABLE;
      case CERTIFICATE -> Answers.CERTIFICATE;
      case TLS -> Answers.TLS;
      case HTTP2 -> Answers.HTTP2;
    };
  }

  /** The ending of the exchange. */
  Ending ending() {
    return switch (this) {
      case TIMEOUT, FULL -> Ending.CONNECT_TIMEOUT;
      case EXHAUSTED -> Ending.CONNECT_EXHAUSTED;
      case REFUSED, MISSING, UNREACHABLE -> Ending.CONNECT_FAILED;
      case CERTIFICATE -> Ending.BACKEND_CERTIFICATE;
      case TLS -> Ending.BACKEND_TLS;
      case HTTP2 -> Ending.BACKEND_HTTP2;
    };
  }

  /** What it is called in logs and counters. */
  BackendFailure kind() {
    return switch (this) {
      case REFUSED -> BackendFailure.REFUSED;
      case MISSING -> BackendFailure.MISSING;
      case TIMEOUT -> BackendFailure.CONNECT_TIMEOUT;
      case FULL -> BackendFailure.FULL;
      case EXHAUSTED -> BackendFailure.EXHAUSTED;
      case UNREACHABLE -> BackendFailure.UNREACHABLE;
      case CERTIFICATE -> BackendFailure.CERTIFICATE;
      case TLS -> BackendFailure.TLS;
      case HTTP2 -> BackendFailure.HTTP2;
    };
  }

  /** The name in scripts. */
  String text() {
    return text;
  }

  /** Classifies the error of a TLS handshake. */
  public static ConnectFailure ofHandshake(Throwable cause) {
    if (BackendHandshakes.isCertificate(cause)) {
      return CERTIFICATE;
    }
    return BackendHandshakes.isAlpn(cause) ? HTTP2 : TLS;
  }

  /**
   * Classifies the error of a connect. Where Netty has only a message for an errno, by the C
   * library's text.
   */
  public static ConnectFailure of(Throwable cause, @Nullable String path) {
    String message = String.valueOf(cause.getMessage());
    if (path != null && (message.contains(EAGAIN) || message.contains(EAGAIN_IN_WORDS))) {
      return FULL;
    }
    if (cause instanceof BindException || message.contains("Cannot assign requested address")) {
      return EXHAUSTED;
    }
    if (cause instanceof FileNotFoundException
        || cause instanceof NoSuchFileException
        || message.contains("No such file or directory")) {
      return MISSING;
    }
    if (path != null && Files.notExists(Path.of(path))) {
      return MISSING;
    }
    return message.contains("refused") ? REFUSED : UNREACHABLE;
  }
}
