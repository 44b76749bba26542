// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That the tests of this run try what they say. */
@Timeout(30)
final class TlsProviderTest {
  @Test
  void rspUsesTheProviderThatThisRunIsFor() {
    assertEquals(TlsProvider.ofThisRun() == TlsProvider.BORINGSSL, TlsPolicy.isNative());
  }
}
