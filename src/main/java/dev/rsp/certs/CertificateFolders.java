// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files that belong together, by their names, in the layouts of nginx, HAProxy, certbot,
 * lego, acme.sh, mkcert and Kubernetes. Opens no file. All methods block.
 */
final class CertificateFolders {
  /** A configured folder, {@code live} in it, a folder for each name, and one to spare. */
  private static final int MAX_DEPTH = 3;

  /** Ten times what the largest installation that we know of has, with two files each. */
  static final int MAX_NAMES = 2_000_000;

  private static final List<String> ENDS = List.of(".crt", ".cert", ".cer", ".pem");
  private static final String KEY = ".key";

  /** As mkcert and cfssl name keys. */
  private static final String PEM_KEY = "-key.pem";

  private static final List<String> CHAINS =
      List.of("fullchain.pem", "fullchain.cer", "fullchain.crt");
  private static final List<String> CHAIN_KEYS = List.of("privkey.pem", "privkey.key", "key.pem");

  /** Folders with these two have their certificates in the first: certbot and lego. */
  private static final List<List<String>> ROOTS =
      List.of(
          List.of("live", "archive"),
          List.of("live", "renewal"),
          List.of("certificates", "accounts"));

  private final List<CertificateFiles> certificates = new ArrayList<>();
  private final List<Path> folders = new ArrayList<>();
  private final List<BrokenCertificate> unreadable = new ArrayList<>();

  /** Folders that were read, so that symbolic links cannot lead in circles. */
  private final Set<Object> seen = new HashSet<>();

  private int names;

  private CertificateFolders() {}

  /** What is in these files and folders now. */
  static FoundFiles find(List<Path> paths) {
    var search = new CertificateFolders();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        search.read(path, 0);
      } else {
        search.readFile(path);
      }
    }
    return new FoundFiles(search.certificates, search.folders, search.unreadable);
  }

  private void readFile(Path path) {
    Path folder = path.getParent();
    try {
      Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException e) {
      unreadable(path, IoReason.of(e));
      return;
    }
    if (folder == null) {
      unreadable(path, "not a folder");
      return;
    }
    if (!folders.contains(folder)) {
      folders.add(folder);
    }
    String name = path.getFileName().toString();
    Predicate<String> exists = other -> Files.exists(folder.resolve(other));
    String end = end(name);
    if (CHAINS.contains(name)) {
      certificates.add(
          new CertificateFiles(
              folder, name, CHAIN_KEYS.stream().filter(exists).findFirst().orElse(null), null));
    } else {
      certificates.add(
          files(
              folder,
              name,
              end == null ? name : name.substring(0, name.length() - end.length()),
              exists));
    }
  }

  private void read(Path folder, int depth) {
    Set<String> all;
    try {
      if (!seen.add(identity(folder))) {
        return;
      }
      all = names(folder);
    } catch (NoSuchFileException e) {
      if (depth == 0) {
        unreadable(folder, IoReason.of(e));
      }
      return; // removed since its name was read
    } catch (IOException e) {
      unreadable(folder, IoReason.of(e));
      return;
    }
    folders.add(folder);
    String chain = CHAINS.stream().filter(all::contains).findFirst().orElse(null);
    if (chain != null) {
      certificates.add(new CertificateFiles(folder, chain, chainKey(all), null));
      return;
    }
    for (List<String> root : ROOTS) {
      if (all.containsAll(root)) {
        read(folder.resolve(root.get(0)), depth + 1);
        return;
      }
    }
    for (String name : all) {
      String end = end(name);
      if (end != null) {
        add(folder, name, end, all);
      } else if (depth < MAX_DEPTH
          && !name.endsWith(KEY)
          && Files.isDirectory(folder.resolve(name))) {
        read(folder.resolve(name), depth + 1);
      }
    }
  }

  /** What tells a folder from another one that has the same path later. */
  static Object identity(Path folder) throws IOException {
    Object key = Files.readAttributes(folder, BasicFileAttributes.class).fileKey();
    return key == null ? folder.toRealPath() : key;
  }

  /** The names in a folder, without hidden ones: programs write new files under such names. */
  private Set<String> names(Path folder) throws IOException {
    Set<String> all = new HashSet<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path path : stream) {
        String name = path.getFileName().toString();
        if (name.charAt(0) != '.') {
          all.add(name);
          if (++names > MAX_NAMES) {
            throw new IOException("more than " + MAX_NAMES + " files and folders");
          }
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return all;
  }

  private void add(Path folder, String name, String end, Set<String> all) {
    String base = name.substring(0, name.length() - end.length());
    boolean isIssuer = base.endsWith(".issuer"); // as lego names them
    boolean isKey = name.endsWith(PEM_KEY) && isCertificateOf(name, all);
    // lego --pem writes the certificate and the key a second time.
    boolean isCopy = end.equals(".pem") && all.contains(base + ".crt") && all.contains(base + KEY);
    if (!isIssuer && !isKey && !isCopy) {
      certificates.add(files(folder, name, base, all::contains));
    }
  }

  private static boolean isCertificateOf(String key, Set<String> all) {
    String base = key.substring(0, key.length() - PEM_KEY.length());
    return ENDS.stream().anyMatch(end -> all.contains(base + end));
  }

  private static CertificateFiles files(
      Path folder, String name, String base, Predicate<String> exists) {
    String key =
        exists.test(base + KEY) ? base + KEY : exists.test(base + PEM_KEY) ? base + PEM_KEY : null;
    String issuer = base + ".issuer.crt";
    return new CertificateFiles(folder, name, key, exists.test(issuer) ? issuer : null);
  }

  /** Beside a full chain there is one key: certbot's, or acme.sh's, which has the site's name. */
  private static @Nullable String chainKey(Set<String> all) {
    List<String> keys = new ArrayList<>();
    CHAIN_KEYS.stream().filter(all::contains).forEach(keys::add);
    all.stream().filter(name -> name.endsWith(KEY)).sorted().forEach(keys::add);
    return keys.isEmpty() ? null : keys.get(0);
  }

  private static @Nullable String end(String name) {
    for (String end : ENDS) {
      if (name.endsWith(end) && name.length() > end.length()) {
        return end;
      }
    }
    return null;
  }

  /** Whether a file with this name is, or may be, of a certificate. */
  static boolean isOfCertificate(String name) {
    return end(name) != null || name.endsWith(KEY);
  }

  /** The name of the file in which the key of a certificate is expected. */
  static String keyNameOf(String certificate) {
    if (CHAINS.contains(certificate)) {
      return CHAIN_KEYS.get(0);
    }
    String end = end(certificate);
    return (end == null
            ? certificate
            : certificate.substring(0, certificate.length() - end.length()))
        + KEY;
  }

  private void unreadable(Path path, String reason) {
    unreadable.add(new BrokenCertificate(path, reason, false));
  }
}
