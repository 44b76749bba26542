// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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

  /** Those that were broken, and are compared again in any case. */
  private final Set<Path> wereBroken = new HashSet<>();

  /** Folders of which all files may have changed. */
  private final Set<Path> whole = new HashSet<>();

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
    IndexedCertificates known = index == null ? null : IndexFile.read(index);
    List<CertificateEntry> before = known == null ? List.of() : known.entries(settings.paths());
    return new CertificateScan(before, entry -> false, null).run(settings, false);
  }

  /**
   * Compares all. Those in folders that cannot be read now stay what they were.
   *
   * @param before what was known
   * @param isHeld whether a certificate can be served although its files are broken now
   */
  static Catalogue all(
      CertificateSettings settings,
      List<CertificateEntry> before,
      Predicate<CertificateEntry> isHeld) {
    return new CertificateScan(before, isHeld, null).run(settings, true);
  }

  /**
   * Compares those that are not known, and those of the files with these names, by their folders.
   *
   * @param changes an empty set of names means all in that folder and below
   * @return {@code before} if nothing has changed
   */
  static Catalogue changed(
      Catalogue before, Predicate<CertificateEntry> isHeld, Map<Path, Set<String>> changes) {
    if (changes.isEmpty()) {
      return before;
    }
    Catalogue next = renewed(before, isHeld, changes);
    if (next != null) {
      return next;
    }
    var scan = new CertificateScan(before.entries(), isHeld, changes);
    before.broken().forEach(one -> scan.wereBroken.add(one.path()));
    return scan.run(before.settings(), true);
  }

  /**
   * The same without a look at the folders, if only files of certificates that are known have other
   * contents.
   *
   * @return null if it must look
   */
  private static @Nullable Catalogue renewed(
      Catalogue before, Predicate<CertificateEntry> isHeld, Map<Path, Set<String>> changes) {
    if (before.broken().stream().anyMatch(BrokenCertificate::isNew)) {
      return null;
    }
    List<CertificateEntry> affected = affected(before.entries(), changes);
    if (affected == null) {
      return null;
    }
    List<CertificateFiles> files = affected.stream().map(CertificateEntry::files).toList();
    if (!files.stream().allMatch(CertificateScan::exist)) {
      return null;
    }
    Outcome[] found = new CertificateScan(affected, isHeld, null).compare(files);
    List<CertificateEntry> entries = new ArrayList<>(before.entries());
    entries.removeAll(new HashSet<>(affected));
    List<BrokenCertificate> broken = new ArrayList<>(before.broken());
    Set<Path> paths = new HashSet<>();
    files.forEach(one -> paths.add(one.certificatePath()));
    broken.removeIf(one -> paths.contains(one.path()));
    add(found, entries, broken);
    boolean same =
        broken.equals(before.broken())
            && IntStream.range(0, found.length)
                .allMatch(i -> affected.get(i).equals(found[i].entry));
    return same ? before : new Catalogue(before.settings(), entries, broken, before.folders());
  }

  /** Those with files of these names; null if other files have changed, too. */
  private static @Nullable List<CertificateEntry> affected(
      List<CertificateEntry> entries, Map<Path, Set<String>> changes) {
    Map<Path, Set<String>> unknown = new HashMap<>();
    for (Map.Entry<Path, Set<String>> folder : changes.entrySet()) {
      if (folder.getValue().isEmpty()) {
        return null;
      }
      unknown.put(folder.getKey(), new HashSet<>(folder.getValue()));
    }
    List<CertificateEntry> affected = new ArrayList<>();
    for (CertificateEntry entry : entries) {
      CertificateFiles files = entry.files();
      Set<String> names = changes.get(files.folder());
      if (names != null && isAmong(files, names)) {
        affected.add(entry);
        Set<String> left = unknown.getOrDefault(files.folder(), Set.of());
        left.remove(files.certificate());
        left.remove(files.key());
        left.remove(files.issuer());
      }
    }
    return unknown.values().stream().allMatch(Set::isEmpty) ? affected : null;
  }

  private static boolean exist(CertificateFiles files) {
    String issuer = files.issuer();
    return Files.exists(files.certificatePath())
        && Files.exists(files.keyPath())
        && (issuer == null || Files.exists(files.folder().resolve(issuer)));
  }

  /** The same catalogue with these files as they are now. */
  static Catalogue added(Catalogue before, List<Path> paths, Predicate<CertificateEntry> isHeld) {
    FoundFiles found = CertificateFolders.find(paths);
    Set<Path> files = new HashSet<>();
    found.certificates().forEach(one -> files.add(one.certificatePath()));
    List<CertificateEntry> known = new ArrayList<>();
    List<CertificateEntry> entries = new ArrayList<>();
    for (CertificateEntry entry : before.entries()) {
      (files.contains(entry.path()) ? known : entries).add(entry);
    }
    List<BrokenCertificate> broken = new ArrayList<>(before.broken());
    broken.removeIf(one -> files.contains(one.path()));
    broken.addAll(found.unreadable());
    add(new CertificateScan(known, isHeld, null).compare(found.certificates()), entries, broken);
    Set<Path> folders = new LinkedHashSet<>(before.folders());
    folders.addAll(found.folders());
    return new Catalogue(before.settings(), entries, broken, List.copyOf(folders));
  }

  /**
   * Looks into the folders.
   *
   * @param keepsUnseen whether those that are known stay while their folder cannot be read
   */
  private Catalogue run(CertificateSettings settings, boolean keepsUnseen) {
    FoundFiles found = CertificateFolders.find(settings.present());
    found.folders().stream().filter(this::isWhole).forEach(whole::add);
    Outcome[] outcomes = compare(found.certificates());
    List<CertificateEntry> entries = new ArrayList<>(outcomes.length);
    List<BrokenCertificate> broken = new ArrayList<>(found.unreadable());
    add(outcomes, entries, broken);
    if (keepsUnseen && !found.unreadable().isEmpty()) {
      found.certificates().forEach(known::remove);
      known.values().stream().filter(one -> stays(one, found.unreadable())).forEach(entries::add);
    }
    return new Catalogue(settings, entries, broken, found.folders());
  }

  private boolean stays(CertificateEntry entry, List<BrokenCertificate> unreadable) {
    Path path = entry.path();
    return unreadable.stream()
        .map(BrokenCertificate::path)
        .anyMatch(one -> path.equals(one) ? isHeld.test(entry) : path.startsWith(one));
  }

  /** Whether all files of a folder may have changed. */
  private boolean isWhole(Path folder) {
    boolean is = false;
    for (Path at = folder; !is && changes != null && at != null; at = at.getParent()) {
      Set<String> names = changes.get(at);
      is = names != null && names.isEmpty();
    }
    return is;
  }

  private static void add(
      Outcome[] outcomes, List<CertificateEntry> entries, List<BrokenCertificate> broken) {
    for (Outcome outcome : outcomes) {
      if (outcome.entry != null) {
        entries.add(outcome.entry);
      }
      if (outcome.broken != null) {
        broken.add(outcome.broken);
      }
    }
  }

  private Outcome[] compare(List<CertificateFiles> files) {
    Outcome[] outcomes = new Outcome[files.size()];
    IntStream each = IntStream.range(0, outcomes.length);
    (outcomes.length < PARALLEL_FROM ? each : each.parallel())
        .forEach(i -> outcomes[i] = compare(files.get(i)));
    return outcomes;
  }

  private Outcome compare(CertificateFiles files) {
    CertificateEntry before = known.get(files);
    if (before != null && !mayHaveChanged(files)) {
      return new Outcome(before, null);
    }
    try {
      if (before != null
          && !before.isDoubtful()
          && FileStamps.of(files).number() == before.stamp()) {
        return new Outcome(before, null);
      }
      Credential read = CredentialReader.read(files);
      if (read == null) {
        return new Outcome(null, null);
      }
      CertificateEntry now = read.entry();
      return new Outcome(before != null && before.isConfirmedBy(now) ? before : now, null);
    } catch (UnusableException e) {
      return broken(files, before, e.reason());
    } catch (IOException e) {
      return broken(files, before, IoReason.of(e));
    }
  }

  private boolean mayHaveChanged(CertificateFiles files) {
    if (changes == null
        || (!wereBroken.isEmpty() && wereBroken.contains(files.certificatePath()))) {
      return true;
    }
    Set<String> names = changes.get(files.folder());
    return (names != null && isAmong(files, names))
        || (!whole.isEmpty() && whole.contains(files.folder()));
  }

  private static boolean isAmong(CertificateFiles files, Set<String> names) {
    return names.contains(files.certificate())
        || (files.key() != null && names.contains(files.key()))
        || (files.issuer() != null && names.contains(files.issuer()));
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
