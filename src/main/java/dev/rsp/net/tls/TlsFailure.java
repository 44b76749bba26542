// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.handler.codec.DecoderException;
import java.io.IOException;

/** What Netty's handler of TLS reports to the handlers behind it. */
public final class TlsFailure {
  private TlsFailure() {}

  /**
   * The cause of what a handler has caught. A record that cannot be decrypted and an alert are
   * faults of the peer, an SSLException, which is an IOException; Netty reports them wrapped.
   */
  public static Throwable causeOf(Throwable caught) {
    return caught instanceof DecoderException && caught.getCause() instanceof IOException inner
        ? inner
        : caught;
  }
}
