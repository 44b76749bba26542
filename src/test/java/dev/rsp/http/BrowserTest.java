// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.h1.Heads;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which requests get a page where a program gets a line of text. */
final class BrowserTest {
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '~',
      value = {
        "GET  ~ Accept: text/html                                    ~ true",
        "GET  ~ Accept: text/html,application/xhtml+xml;q=0.9        ~ true",
        "GET  ~ Accept: image/png|accept: text/plain, TEXT/HTML      ~ true",
        "GET  ~ Accept: text/html|Sec-Fetch-Mode: navigate           ~ true",
        "GET  ~ Sec-Fetch-Mode: navigate|Accept: text/html           ~ true",
        "GET  ~ Accept: text/html|Sec-Fetch-Mode: cors               ~ false",
        "GET  ~ Sec-Fetch-Mode: no-cors|Accept: text/html            ~ false",
        "GET  ~ Accept: text/html|X-Requested-With: XMLHttpRequest   ~ false",
        "GET  ~ Accept: application/json                             ~ false",
        "GET  ~ Accept: */*                                          ~ false",
        "GET  ~ Accept: a|X: text/html                               ~ false",
        "GET  ~ X-Accept: text/html                                  ~ false",
        "POST ~ Accept: text/html|Sec-Fetch-Mode: navigate           ~ false",
        "HEAD ~ Accept: text/html                                    ~ false",
      })
  void recognisesBrowsersThatLoadAPage(String method, String fields, boolean navigates) {
    RequestHead head =
        Heads.request(
            method
                + " / HTTP/1.1\r\nHost: a.example\r\n"
                + fields.replace("|", "\r\n")
                + "\r\n\r\n");
    assertEquals(navigates, Browser.navigates(head));
  }
}
