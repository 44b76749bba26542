// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.certs.CertificateSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code certificates}. The files themselves are read by the daemon. */
final class CertificateKeys {
  static final String CERTIFICATES = "certificates";

  static final String TICKET_KEYS = "ticket_keys";

  static final String PATH = "path";
  static final String DEFAULT = "default";
  static final String INDEX = "index";
  static final NumberKey PREPARED =
      NumberKey.count(
          "prepared",
          CertificateSettings.DEFAULT_PREPARED,
          1,
          CertificateSettings.MAX_PREPARED,
          "certificates");
  static final List<String> ALL = List.of(PATH, DEFAULT, INDEX, PREPARED.name());

  /** Enough for one folder of each team, and far less than would be slow. */
  static final int MAX_PATHS = 64;

  /** Beside the journal, because rsp can write there. */
  private static final String INDEX_FILE = "certificates.index";

  static final String FOLDER = "the path of a folder or a file in visible characters";

  private final Problems problems;

  CertificateKeys(Problems problems) {
    this.problems = problems;
  }

  /**
   * The settings; null if there are no certificates.
   *
   * @param store the folder of certificates that are ordered, which comes last; null if none are
   * @param journal the journal's file; null if there is none
   */
  @Nullable CertificateSettings read(LuaValue value, @Nullable Path store, @Nullable Path journal) {
    KeyPath path = KeyPath.global(CERTIFICATES);
    Path beside = journal == null ? null : journal.resolveSibling(INDEX_FILE);
    if (value.isnil()) {
      return settings(List.of(), store, null, beside, CertificateSettings.DEFAULT_PREPARED);
    }
    if (!(value instanceof LuaTable table) || table.rawlen() > 0) {
      List<Path> paths = paths(path, value);
      return settings(paths, store, null, beside, CertificateSettings.DEFAULT_PREPARED);
    }
    var section = new Section(path, table, problems);
    section.rejectUnknownKeys(ALL);
    List<Path> paths = paths(path.key(PATH), section.get(PATH));
    String name = name(path.key(DEFAULT), section.get(DEFAULT));
    LuaValue index = section.get(INDEX);
    Path file = index.isnil() ? beside : index(path.key(INDEX), index);
    int prepared = (int) section.number(PREPARED);
    return settings(paths, store, name, file, prepared);
  }

  private static @Nullable CertificateSettings settings(
      List<Path> paths,
      @Nullable Path store,
      @Nullable String name,
      @Nullable Path index,
      int prepared) {
    List<Path> all = new ArrayList<>(paths);
    if (store != null && !all.contains(store)) {
      all.add(store);
    }
    return all.isEmpty() ? null : new CertificateSettings(all, name, index, prepared, store);
  }

  /** The file of the keys of session tickets; null if it is not set. */
  @Nullable Path ticketKeys(LuaValue value) {
    KeyPath path = KeyPath.global(TICKET_KEYS);
    if (value.isnil()) {
      return null;
    }
    Path file = PathKey.parsed(value, problems);
    Path folder = file == null ? null : file.getParent();
    if (file == null || Files.isDirectory(file)) {
      problems.add(path, value, "the path of a file in visible characters");
      return null;
    }
    if (folder != null && !Files.isDirectory(folder)) {
      problems.warn(path, "there is no folder " + folder + ", so sessions end with each restart");
    }
    return file;
  }

  /** One path or a list; empty after a problem. */
  private List<Path> paths(KeyPath path, LuaValue value) {
    if (!(value instanceof LuaTable table)) {
      Path one = parsedOrProblem(path, value);
      return one == null ? List.of() : List.of(one);
    }
    List<Path> paths = new ArrayList<>();
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_PATHS, FOLDER);
    for (int i = 1; i <= entries.size(); i++) {
      Path one = parsedOrProblem(path.index(i), entries.get(i - 1));
      if (one != null) {
        paths.add(one);
      }
    }
    return paths;
  }

  private @Nullable Path parsedOrProblem(KeyPath path, LuaValue value) {
    Path file = PathKey.parsed(value, problems);
    if (file == null) {
      problems.add(path, value, FOLDER);
    } else if (!Files.exists(file)) {
      problems.warn(path, "there is no folder or file " + file);
    }
    return file;
  }

  private @Nullable String name(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (!value.isnil() && (text.isEmpty() || !Syntax.isVisible(text))) {
      problems.add(path, value, "a host name, or the name of a file among the certificates");
    }
    return text.isEmpty() ? null : text;
  }

  private @Nullable Path index(KeyPath path, LuaValue value) {
    Path file = PathKey.parsed(value, problems);
    if (file == null || Files.isDirectory(file)) {
      problems.add(path, value, "the path of a file in visible characters");
      return null;
    }
    Path folder = file.getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      problems.warn(
          path, "there is no folder " + folder + ", so each start reads all certificates");
    }
    return file;
  }
}
