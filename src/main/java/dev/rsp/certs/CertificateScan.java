// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares what is known of certificates with their folders: reads the files that are new or have
 * changed, and only these. All methods block.
 */
public final class CertificateScan {
  /** Fewer are not worth a second thread. */
  private static final int PARALLEL_FROM = 256;

  /** A program that writes a file in place is done after this time. */
  private static final int WRITING_MILLIS = 2_000;

  private final Map<CertificateFiles, CertificateEntry> known = new HashMap<>();
  private final Predicate<CertificateEntry> isHeld;
  private final @Nullable Map<Path, Set<String>> changes;

  /** What one certificate has become; both null if its files need no report. */
  private record Outcome(@Nullable CertificateEntry entry, @Nullable BrokenCertificate broken) {}

  private CertificateScan(
      List<CertificateEntry> before,
      Predicate<CertificateEntry> isHeld,
      @Nullable Map<Path, Set<String>> changes) {
    before.forEach(entry -> known.put(entry.files(), entry));
    this.isHeld = isHeld;
    this.changes = changes;
  }

  /** Reads all certificates, except those that an index file knows. For commands. */
  public static Catalogue read(CertificateSettings settings) {
    Path index = settings.index();
    List<CertificateEntry> known =
        index == null ? List.of() : IndexFile.readOrNothing(index, settings.paths());
    return all(settings, known, entry -> false);
  }

  /**
   * Compares all.
   *
   * @param before what was known
   * @param isHeld whether a certificate can be served although its files are broken now
   */
  static Catalogue all(
      CertificateSettings settings,
      List<CertificateEntry> before,
      Predicate<CertificateEntry> isHeld) {
    return new CertificateScan(before, isHeld, null).run(settings);
  }

  /**
   * Compares those that are not known, and those of the files with these names, by their folders.
   *
   * @param changes an empty set of names means all of that folder
   */
  static Catalogue changed(
      CertificateSettings settings,
      List<CertificateEntry> before,
      Predicate<CertificateEntry> isHeld,
      Map<Path, Set<String>> changes) {
    return new CertificateScan(before, isHeld, changes).run(settings);
  }

  private Catalogue run(CertificateSettings settings) {
    FoundFiles found = CertificateFolders.find(settings.paths());
    List<CertificateFiles> files = found.certificates();
    Outcome[] outcomes = new Outcome[files.size()];
    IntStream each = IntStream.range(0, outcomes.length);
    (outcomes.length < PARALLEL_FROM ? each : each.parallel())
        .forEach(i -> outcomes[i] = compare(files.get(i)));
    List<CertificateEntry> entries = new ArrayList<>(outcomes.length);
    List<BrokenCertificate> broken = new ArrayList<>(found.unreadable());
    for (Outcome outcome : outcomes) {
      if (outcome.entry != null) {
        entries.add(outcome.entry);
      }
      if (outcome.broken != null) {
        broken.add(outcome.broken);
      }
    }
    return new Catalogue(settings, entries, broken, found.folders(), false);
  }

  private Outcome compare(CertificateFiles files) {
    CertificateEntry before = known.get(files);
    if (before != null && !mayHaveChanged(files)) {
      return new Outcome(before, null);
    }
    try {
      if (before != null && FileStamps.of(files) == before.stamp()) {
        return new Outcome(before, null);
      }
      Credential read = CredentialReader.read(files);
      return new Outcome(read == null ? null : read.entry(), null);
    } catch (UnusableException e) {
      return broken(files, before, e.reason());
    } catch (IOException e) {
      return broken(files, before, IoReason.of(e));
    }
  }

  private boolean mayHaveChanged(CertificateFiles files) {
    if (changes == null) {
      return true;
    }
    Set<String> names = changes.get(files.folder());
    return names != null
        && (names.isEmpty()
            || names.contains(files.certificate())
            || (files.key() != null && names.contains(files.key()))
            || (files.issuer() != null && names.contains(files.issuer())));
  }

  private Outcome broken(CertificateFiles files, @Nullable CertificateEntry before, String reason) {
    boolean isNew = isNew(files.certificatePath()) || isNew(files.keyPath());
    boolean stays = before != null && (isHeld.test(before) || isNew);
    return new Outcome(
        stays ? before : null, new BrokenCertificate(files.certificatePath(), reason, isNew));
  }

  private static boolean isNew(Path file) {
    try {
      long age = System.currentTimeMillis() - FileStamps.changedMillis(file);
      return age >= 0 && age < WRITING_MILLIS;
    } catch (IOException e) {
      return false;
    }
  }
}
