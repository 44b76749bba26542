// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.util.Locale;

/**
 * A status line and its fields. See {@link Head} for how it is filled, and how long it is valid.
 */
public final class ResponseHead extends Head {
  boolean hasDate;
  int keepAliveSeconds;
  private int status;
  private int reasonStart;
  private int reasonEnd;

  @Override
  void clear() {
    super.clear();
    status = 0;
    reasonStart = 0;
    reasonEnd = 0;
    hasDate = false;
    keepAliveSeconds = -1;
  }

  /**
   * Records the status line.
   *
   * @param status 100 to 999
   * @param reasonStart where the reason phrase starts, which may be empty
   * @param reasonEnd where it ends
   * @param lineEnd where the first field line starts
   * @param http10 whether the backend uses HTTP/1.0
   */
  public void startLine(int status, int reasonStart, int reasonEnd, int lineEnd, boolean http10) {
    this.status = status;
    this.reasonStart = reasonStart;
    this.reasonEnd = reasonEnd;
    endStartLine(lineEnd, http10);
  }

  /** The status code, 100 to 999. */
  public int status() {
    return status;
  }

  /** Where the reason phrase starts. */
  public int reasonStart() {
    return reasonStart;
  }

  /** Where the reason phrase ends. */
  public int reasonEnd() {
    return reasonEnd;
  }

  /** For how long the backend says to keep the connection open; -1 if it does not say. */
  public int keepAliveSeconds() {
    return keepAliveSeconds;
  }

  /** Whether the head has a Date field. */
  public boolean hasDate() {
    return hasDate;
  }

  /** RFC 9110 §15.2: whether another head follows this one. None follows 101. */
  public boolean interim() {
    return status < 200 && status != 101;
  }

  /** Whether the backend lets the connection persist after this response. */
  public boolean keepAlive() {
    return !http10 && !connectionClose;
  }

  /** The protocol that a 101 upgrades to, in lower case; empty if it names none. */
  public String upgradeTo() {
    String value = connectionUpgrade ? field("upgrade") : null;
    return value == null ? "" : value.toLowerCase(Locale.ROOT);
  }
}
