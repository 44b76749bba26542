// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import javax.net.ssl.SSLException;

/** What Netty's handler of TLS reports to the handlers behind it. */
public final class TlsFailure {
  private TlsFailure() {}

  /**
   * The cause of what a handler has caught. A record that cannot be decrypted, an alert and a
   * ClientHello that is too large are faults of the peer, an SSLException, which is an IOException;
   * Netty reports the first two wrapped, and the last as an error of a decoder.
   */
  public static Throwable causeOf(Throwable caught) {
    if (caught instanceof TooLongFrameException) {
      return new SSLException("a ClientHello that is too large", caught);
    }
    return caught instanceof DecoderException && caught.getCause() instanceof IOException inner
        ? inner
        : caught;
  }
}
