// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class ClientSubjectTest {
  @Test
  void isVisibleAsciiWhateverTheCertificateSays() {
    assertEquals("CN=a b", ClientSubject.text("CN=a b"));
    assertEquals("CN=\\C3\\A4\\0D\\0Ab\\7F", ClientSubject.text("CN=\u00e4\r\nb\u007f"));
  }
}
