// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BuildInfoTest {
  @ParameterizedTest
  @CsvSource({
    "commit=0123456789ab, 0123456789ab",
    "commit=0123456789ab-dirty, 0123456789ab-dirty",
    "commit=, unknown",
    "commit=fatal: no repository, unknown",
    "'', unknown"
  })
  void theCommitIsThatOfTheBuildOrUnknown(String content, String commit) throws Exception {
    assertEquals(
        commit,
        BuildInfo.commit(new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1))));
  }

  @Test
  void withoutTheResourceOfTheBuildTheCommitIsUnknown() throws Exception {
    assertEquals("unknown", BuildInfo.commit(null));
  }

  @Test
  void theTextNamesVersionCommitAndJava() {
    assertTrue(
        BuildInfo.text()
            .matches("rsp \\S+ \\(commit \\S+, Java " + Runtime.version().feature() + ".*\\)"),
        BuildInfo::text);
  }
}
