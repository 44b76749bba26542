// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import dev.rsp.Eventually;
import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.Allow;
import dev.rsp.acme.ChallengeType;
import dev.rsp.acme.Issuer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process whose store of certificates is a small disk: fills it, wishes a certificate, makes
 * room, and waits for the certificate.
 */
final class FullDisk {
  private FullDisk() {}

  static AcmeSettings settings(String directory, Path store, Path authority)
      throws IOException, GeneralSecurityException {
    X509Certificate root =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(authority)));
    return new AcmeSettings(
        URI.create(directory),
        "operator@example.org",
        store,
        List.of(root),
        ChallengeType.HTTP_01,
        1_000,
        10_800,
        30_000,
        1_000);
  }

  /** The reason why there is no certificate; empty if there is one. */
  static CompletableFuture<String> want(Issuer issuer, String host) {
    var done = new CompletableFuture<String>();
    issuer.want(host, reason -> done.complete(reason == null ? "" : reason));
    return done;
  }

  static String get(CompletableFuture<String> done) {
    try {
      return done.get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Runs.
   *
   * @param args the directory of the CA, the store, the CA's own authority, the address of hosts,
   *     and the port of http-01
   */
  public static void main(String[] args) throws IOException, GeneralSecurityException {
    Path store = Path.of(args[1]);
    AcmeSettings settings = settings(args[0], store, Path.of(args[2]));
    Allow yes = (host, answer) -> answer.accept(Allow.Answer.YES);
    try (var issuer = new Issuer(path -> {});
        var answers = new ChallengeAnswers(args[3], Integer.parseInt(args[4]))) {
      answers.use(issuer);
      issuer.use(settings, yes);
      System.out.println("before: " + get(want(issuer, "before.test")));
      Path filler = store.resolve("filler");
      fill(filler);
      System.out.println("full: " + get(want(issuer, "full.test")));
      System.out.println("used: " + issuer.figures().budgetUsed());
      Files.delete(filler);
      Eventually.holds("a certificate", () -> get(want(issuer, "full.test")).isEmpty());
      System.out.println("after: " + issuer.figures().stored());
    }
  }

  private static void fill(Path filler) throws IOException {
    try (OutputStream out = Files.newOutputStream(filler)) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      System.out.println("filled: " + e.getMessage());
    }
  }
}
