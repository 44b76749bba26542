// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import java.util.Locale;

/**
 * Whose TLS this run of tests uses. rsp's own is BoringSSL, and that of the JDK where BoringSSL
 * does not load. A build runs the tests of TLS twice: by BoringSSL with all other unit tests, and
 * then with {@code -Dio.netty.handler.ssl.noOpenSsl=true} by the JDK (profile {@code jdk-tls} of
 * pom.xml). What differs is stated here, and {@code src/docs/tls.md} tells operators of it.
 *
 * <p>The peers that tests play use the JDK's in both runs.
 */
public enum TlsProvider {
  BORINGSSL,
  JDK;

  /** That of this run. */
  public static TlsProvider ofThisRun() {
    return Boolean.getBoolean("io.netty.handler.ssl.noOpenSsl") ? JDK : BORINGSSL;
  }

  /**
   * Whether rsp makes the keys of session tickets: the same for all listen addresses, renewed by
   * the clock, and kept in a file. The JDK makes its own for each certificate and kind of address.
   */
  public boolean takesTicketKeys() {
    return this == BORINGSSL;
  }

  /** Whether an engine has memory outside of the heap, and so is counted until it is released. */
  public boolean countsEngines() {
    return this == BORINGSSL;
  }

  /** Whether a handshake ends after some warnings. The JDK's goes on until timeouts.head. */
  public boolean boundsWarnings() {
    return this == BORINGSSL;
  }

  /** Whether the server name of a client may end with a dot. RFC 6066 §3 says that it does not. */
  public boolean takesNamesWithADot() {
    return this == BORINGSSL;
  }

  /** Whether a client is served that names its server by a type that RFC 6066 §3 does not have. */
  public boolean ignoresUnknownTypesOfNames() {
    return this == JDK;
  }

  /**
   * Whether a client refuses a certificate as soon as it has read it. What the server sends behind
   * it then finds the connection closed, perhaps before the server has read the alert.
   */
  public boolean refusesCertificatesEarly() {
    return this == JDK;
  }

  /**
   * The alert for a client that does not know the secret of its ticket. RFC 8446 §4.2.11.2 names
   * none: decrypt_error or illegal_parameter (§6.2).
   */
  public int alertForAWrongBinder() {
    return this == BORINGSSL ? 51 : 47;
  }

  /**
   * A part of what the log says of a fatal alert that has come.
   *
   * @param description by its name in RFC 8446 §6
   */
  public String received(String description) {
    return this == BORINGSSL
        ? "ALERT_" + description.toUpperCase(Locale.ROOT)
        : "Received fatal alert: " + description;
  }
}
