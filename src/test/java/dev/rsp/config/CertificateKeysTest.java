// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.CertificateSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values of {@code certificates}. */
@Timeout(20)
final class CertificateKeysTest {
  private static final String REST = "\nlisten = '127.0.0.1:0'\nbackends = { '10.0.0.1:80' }\n";

  @TempDir private Path directory;

  @BeforeEach
  void makeFolders() throws Exception {
    Files.createDirectories(directory.resolve("a"));
    Files.createDirectories(directory.resolve("b"));
  }

  @Test
  void aPathAListAndATableAreTaken() throws Exception {
    Path a = directory.resolve("a");
    Path b = directory.resolve("b");
    assertNull(ConfigFile.in(directory, REST).load().certificates());
    assertEquals(new CertificateSettings(List.of(a), null, null, 2000), settings("'a/'"));
    assertEquals(
        new CertificateSettings(List.of(a, b), null, null, 2000), settings("{ 'a', 'b' }"));
    assertEquals(
        new CertificateSettings(List.of(a), "example.com", directory.resolve("i"), 5),
        settings("{ path = 'a', default = 'example.com', index = 'i', prepared = 5 }"));
    assertEquals(
        new CertificateSettings(List.of(a, b), "b/x.pem", null, 2000),
        settings("{ path = { 'a', 'b' }, default = 'b/x.pem' }"));
  }

  @Test
  void theIndexIsBesideTheJournalIfItIsNotSet() throws Exception {
    Path index = directory.resolve("b/certificates.index");
    assertEquals(index, settings("'a'\njournal = 'b/hosts'").index());
    assertEquals(index, settings("{ path = 'a' }\njournal = 'b/hosts'").index());
    assertEquals(
        directory.resolve("i"),
        settings("{ path = 'a', index = 'i' }\njournal = 'b/hosts'").index());
  }

  private CertificateSettings settings(String lua) throws Exception {
    CertificateSettings settings =
        ConfigFile.in(directory, "certificates = " + lua + REST).load().certificates();
    assertTrue(settings != null, lua);
    return settings;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "certificates = 5                    | certificates: 5 (expected: the path of a folder",
        "certificates = ''                   | certificates: \"\" (expected: the path of a folder",
        "certificates = {}                   | certificates.path: not set (expected: the path of a folder",
        "certificates = { 'a', 5 }           | certificates[2]: 5 (expected: the path of a folder",
        "certificates = { 'a', path = 'b' }  | certificates.path: \"b\" (expected: a list",
        "certificates = { path = {} }        | certificates.path: an empty list (expected: at least one entry",
        "certificates = { path = 'a', default = 5 } | certificates.default: 5 (expected: a host name, or the name of a file",
        "certificates = { path = 'a', default = '' } | certificates.default: \"\" (expected: a host name",
        "certificates = { path = 'a', index = 'a' } | certificates.index: \"a\" (expected: the path of a file",
        "certificates = { path = 'a', prepared = 0 } | certificates.prepared: 0 (expected: a whole number of certificates from 1 to 1000000",
        "certificates = { path = 'a', defualt = 'x' } | did you mean default?",
        "certifcates = 'a'                   | did you mean certificates?",
      })
  void refusesWhatItCannotMean(String lua, String problem) throws Exception {
    List<String> problems = ConfigFile.in(directory, lua + REST).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains(problem), problems::toString);
  }

  @Test
  void aListenAddressWithTlsNeedsCertificates() throws Exception {
    String file =
        "listen = { address = '127.0.0.1:0', tls = true }\nbackends = { '10.0.0.1:80' }\n";
    List<String> problems = ConfigFile.in(directory, file).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(
        problems.get(0).contains("certificates: not set (expected: the path of a folder"),
        problems::toString);
    assertTrue(
        ConfigFile.in(directory, "certificates = 'a'\n" + file).load().certificates() != null);
  }

  @Test
  void aFolderThatIsMissingIsAWarning() throws Exception {
    List<String> warnings =
        ConfigFile.in(directory, "certificates = { 'a', 'no' }" + REST).load().warnings();
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(
        warnings.get(0).contains("certificates[2]: there is no folder or file"),
        warnings::toString);
  }

  @Test
  void anIndexInAFolderThatIsMissingIsAWarning() throws Exception {
    List<String> warnings =
        ConfigFile.in(directory, "certificates = { path = 'a', index = 'no/i' }" + REST)
            .load()
            .warnings();
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(warnings.get(0).contains("there is no folder"), warnings::toString);
  }
}
