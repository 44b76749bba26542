// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Refusal;
import java.io.FileNotFoundException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Why no connection to a place could be made. */
enum ConnectFailure {
  /** Nobody listens there: ECONNREFUSED. */
  REFUSED("refused"),
  /** There is no Unix socket of that path: ENOENT. */
  MISSING("missing"),
  /** It was not accepted in time. */
  TIMEOUT("timeout"),
  /** The queue of connections that its Unix socket has yet to accept is full: EAGAIN. */
  FULL("full"),
  /** This machine has no socket or port left. */
  EXHAUSTED("exhausted"),
  /** No way to it, no right to use it, and whatever else the system says. */
  UNREACHABLE("unreachable");

  /** What clients are told. */
  private static final class Answers {
    static final Refusal UNREACHABLE = new Refusal(502, "the backend cannot be reached");
    static final Refusal TIMEOUT =
        new Refusal(504, "the backend took too long to accept the connection");
    static final Refusal EXHAUSTED = new Refusal(503, "out of connections to the backend");
  }

  /** How Netty words errno 11 of Linux, whatever the language of the C library. */
  private static final String EAGAIN = "error(-11)";

  /** The JDK has nothing but the C library's words. */
  private static final String EAGAIN_IN_WORDS = "Resource temporarily unavailable";

  private final String text;

  ConnectFailure(String text) {
    this.text = text;
  }

  /** What the client is told if there is no other place. */
  Refusal refusal() {
    return switch (this) {
      case TIMEOUT, FULL -> Answers.TIMEOUT;
      case EXHAUSTED -> Answers.EXHAUSTED;
      case REFUSED, MISSING, UNREACHABLE -> Answers.UNREACHABLE;
    };
  }

  /** How an exchange ends with it. */
  Ending ending() {
    return switch (this) {
      case TIMEOUT, FULL -> Ending.CONNECT_TIMEOUT;
      case EXHAUSTED -> Ending.CONNECT_EXHAUSTED;
      case REFUSED, MISSING, UNREACHABLE -> Ending.CONNECT_FAILED;
    };
  }

  /** As logs and scripts see it. */
  String text() {
    return text;
  }

  /**
   * What an error that a connect ended with means. Where Netty only words an errno, the C library's
   * words tell it.
   */
  static ConnectFailure of(Throwable cause, @Nullable String path) {
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
