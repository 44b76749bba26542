// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Reads and checks {@code backend_tls}, and {@code tls} of each backend, which goes before it key
 * by key; and the files that they name, each once.
 */
final class BackendTlsKeys {
  static final String BACKEND_TLS = "backend_tls";

  static final String CA = "ca";
  static final String NAME = "name";
  static final String VERIFY = "verify";
  static final String CERTIFICATE = "certificate";
  static final String KEY = "key";
  static final List<String> ALL = List.of(CA, NAME, VERIFY, CERTIFICATE, KEY);

  /** Debian's, and that of most others; the JDK's own list may be old, or missing. */
  private static final Path SYSTEM = Path.of("/etc/ssl/certs/ca-certificates.crt");

  private static final String PEM = "the path of a file in PEM form";

  private final Problems problems;
  private final Settings common;
  private final boolean commonSet;
  private final Map<Settings, BackendTls> known = new HashMap<>();
  private @Nullable List<X509Certificate> system;

  /** What a file says; null for what it does not say. */
  private record Settings(
      @Nullable Path ca,
      @Nullable String name,
      @Nullable Boolean verify,
      @Nullable Path certificate,
      @Nullable Path key) {

    /** These, and where they say nothing, others. A key belongs to its certificate. */
    Settings or(Settings others) {
      return new Settings(
          ca == null ? others.ca : ca,
          name == null ? others.name : name,
          verify == null ? others.verify : verify,
          certificate == null ? others.certificate : certificate,
          certificate == null ? others.key : key);
    }

    boolean verified() {
      return !Boolean.FALSE.equals(verify);
    }
  }

  /**
   * Reads {@code backend_tls}.
   *
   * @param value of the key
   */
  BackendTlsKeys(LuaValue value, Problems problems) {
    this.problems = problems;
    this.common = settings(KeyPath.global(BACKEND_TLS), value);
    this.commonSet = !value.isnil();
  }

  /** For addresses that only a script names; null if {@code needed} is false and nothing is set. */
  @Nullable BackendTls outside(boolean needed) {
    return needed || commonSet ? made(KeyPath.global(BACKEND_TLS), common) : null;
  }

  /**
   * For a backend with {@code protocol = "https"}.
   *
   * @param path of its {@code tls}
   * @param value of that; nil if it is not set
   */
  BackendTls of(KeyPath path, LuaValue value) {
    if (value.isnil()) {
      return made(KeyPath.global(BACKEND_TLS), common);
    }
    return made(path, settings(path, value).or(common));
  }

  private Settings settings(KeyPath path, LuaValue value) {
    boolean isTable = value instanceof LuaTable;
    if (!isTable && !value.isnil()) {
      problems.add(path, value, "a table with any of " + String.join(", ", ALL));
    }
    Section section = Section.of(path, isTable ? value : LuaValue.NIL, problems);
    section.rejectUnknownKeys(ALL);
    LuaValue verify = section.get(VERIFY);
    Boolean verified = verify.isnil() ? null : Boolean.valueOf(section.flag(VERIFY));
    if (verify.isboolean() && !verify.toboolean()) {
      problems.warn(
          path.key(VERIFY),
          "any certificate is accepted: whoever can answer for a backend reads its requests");
    }
    Path certificate = file(path.key(CERTIFICATE), section.get(CERTIFICATE));
    LuaValue key = section.get(KEY);
    if (section.get(CERTIFICATE).isnil() && !key.isnil()) {
      problems.add(path.key(KEY), key, "none: there is no certificate");
    }
    return new Settings(
        file(path.key(CA), section.get(CA)),
        name(path.key(NAME), section.get(NAME)),
        verified,
        certificate,
        file(path.key(KEY), key));
  }

  private @Nullable Path file(KeyPath path, LuaValue value) {
    Path file = PathKey.parsed(value, problems);
    if (file == null && !value.isnil()) {
      problems.add(path, value, PEM);
    }
    return file;
  }

  private @Nullable String name(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    boolean valid =
        (Syntax.isName(text) && !text.endsWith("."))
            || Syntax.isV4(text)
            || NetUtil.isValidIpV6Address(text);
    if (!value.isnil() && !valid) {
      problems.add(path, value, "a host name or an IP address, as in the backend's certificate");
    }
    return valid ? text.toLowerCase(Locale.ROOT) : null;
  }

  private BackendTls made(KeyPath path, Settings settings) {
    BackendTls made = known.get(settings);
    if (made == null) {
      made = make(path, settings);
      known.put(settings, made);
    }
    return made;
  }

  private BackendTls make(KeyPath path, Settings settings) {
    List<X509Certificate> authorities = List.of();
    if (settings.verified()) {
      Path ca = settings.ca;
      authorities = ca == null ? system() : certificates(path.key(CA), ca);
    }
    List<X509Certificate> chain = List.of();
    PrivateKey key = null;
    Path certificate = settings.certificate;
    if (certificate != null) {
      chain = certificates(path.key(CERTIFICATE), certificate);
      String keyName = settings.key == null ? CERTIFICATE : KEY;
      key = key(path.key(keyName), Objects.requireNonNullElse(settings.key, certificate), chain);
    }
    return new BackendTls(settings.name, settings.verified(), authorities, chain, key);
  }

  private List<X509Certificate> certificates(KeyPath path, Path file) {
    try {
      List<X509Certificate> found = PemFile.read(file).certificates();
      try {
        found.get(0).checkValidity();
      } catch (CertificateException e) {
        problems.warn(
            path,
            file
                + ": its first certificate is valid from "
                + found.get(0).getNotBefore().toInstant()
                + " to "
                + found.get(0).getNotAfter().toInstant());
      }
      return found;
    } catch (IOException | GeneralSecurityException e) {
      problems.add(
          path, ValueText.quoted(file.toString()), "certificates in PEM form: " + e.getMessage());
      return List.of();
    }
  }

  private @Nullable PrivateKey key(KeyPath path, Path file, List<X509Certificate> chain) {
    if (chain.isEmpty()) {
      return null; // which is a problem of its own
    }
    try {
      return PemFile.read(file).keyOf(chain.get(0));
    } catch (IOException | GeneralSecurityException e) {
      problems.add(
          path, ValueText.quoted(file.toString()), "a private key in PEM form: " + e.getMessage());
      return null;
    }
  }

  private List<X509Certificate> system() {
    List<X509Certificate> found = system;
    if (found == null) {
      found = readSystem();
      system = found;
    }
    return found;
  }

  private static List<X509Certificate> readSystem() {
    try {
      if (Files.isReadable(SYSTEM)) {
        return PemFile.read(SYSTEM).certificates();
      }
    } catch (IOException | GeneralSecurityException e) {
      return ofJava();
    }
    return ofJava();
  }

  private static List<X509Certificate> ofJava() {
    List<X509Certificate> found = new ArrayList<>();
    try {
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          found.addAll(List.of(x509.getAcceptedIssuers()));
        }
      }
    } catch (GeneralSecurityException e) {
      return List.of(); // then nothing is trusted
    }
    return found;
  }
}
