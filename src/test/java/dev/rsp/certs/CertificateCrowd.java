// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * Writes very many ECDSA certificates for {@code scripts/certs-scale}: {@code site-N.example.test}
 * in {@code FOLDER/certs/site-N.crt} and {@code .key}, and the certificate of their authority in
 * {@code FOLDER/ca.pem}. Each has keys of its own, with the public key beside the private one, as
 * OpenSSL, certbot and lego write it.
 */
final class CertificateCrowd {
  private CertificateCrowd() {}

  /**
   * Makes them.
   *
   * @param arguments {@code FOLDER COUNT [RENEWED]}: so many in {@code FOLDER/certs}, and newer
   *     ones for the first so many names in {@code FOLDER/renewed}
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int count = Integer.parseInt(arguments[1]);
    TestCa ca = TestCa.create();
    TestCa.write(folder.resolve("ca.pem"), ca.rootPem());
    write(ca, folder.resolve("certs"), count);
    if (arguments.length > 2) {
      // Renewed ones of the same authority, for a later exchange.
      write(ca, folder.resolve("renewed"), Integer.parseInt(arguments[2]));
    }
  }

  static void write(TestCa ca, Path folder, int count) throws IOException {
    Files.createDirectories(folder);
    IntStream.range(0, count).parallel().forEach(i -> write(ca, folder, "site-" + i, i));
  }

  private static void write(TestCa ca, Path folder, String file, int number) {
    TestCa.Leaf leaf =
        ca.leaf(TestCa.ecdsaKeys(), Duration.ofDays(30 + number % 60), file + ".example.test");
    TestCa.write(folder.resolve(file + ".crt"), leaf.chainPem());
    TestCa.write(folder.resolve(file + ".key"), leaf.keyPemWithPublicKey());
  }
}
