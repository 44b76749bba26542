// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.HostName;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code admin}. Messages never contain the token. */
final class AdminKeys {
  static final String ADMIN = "admin";

  static final String ADDRESS = "address";
  static final String TOKEN = "token";
  static final String TOKEN_FILE = "token_file";
  static final String PUBLIC = "public";
  static final String NAMES = "names";
  static final List<String> ALL = List.of(ADDRESS, TOKEN, TOKEN_FILE, PUBLIC, NAMES);

  /** Names for one address; more are a mistake. */
  static final int MAX_NAMES = 16;

  private static final String FORMS =
      "an IP address and a port, such as \"127.0.0.1:9901\", or \"unix:/run/rsp/admin.sock\"";

  private final Problems problems;

  AdminKeys(Problems problems) {
    this.problems = problems;
  }

  /** The settings; null if the key is not set. */
  @Nullable AdminSettings read(LuaValue value) {
    KeyPath path = KeyPath.global(ADMIN);
    if (value.isnil()) {
      return null;
    }
    if (!(value instanceof LuaTable table)) {
      return read(path, value, null);
    }
    var section = new Section(path, table, problems);
    section.rejectUnknownKeys(ALL);
    return read(path.key(ADDRESS), section.get(ADDRESS), section);
  }

  private @Nullable AdminSettings read(KeyPath at, LuaValue value, @Nullable Section section) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    Address address = Address.parse(text.startsWith("/") ? "unix:" + text : text, 0);
    String token = section == null ? "" : token(section);
    Path tokenFile = section == null ? null : tokenFile(section);
    boolean isPublic = section != null && section.flag(PUBLIC);
    List<String> names = section == null ? List.of() : names(section);
    if (address instanceof Address.Unix unix) {
      return new AdminSettings(text, unix.path(), null, token, tokenFile, names);
    }
    InetSocketAddress socket = address instanceof Address.Literal literal ? literal.socket() : null;
    if (socket == null) {
      problems.add(at, value, FORMS);
      return null;
    }
    boolean secret =
        section != null && !(section.get(TOKEN).isnil() && section.get(TOKEN_FILE).isnil());
    if (!secret) {
      problems.add(
          at,
          value,
          "a Unix socket, such as \"unix:/run/rsp/admin.sock\", or a token, because each user of"
              + " this machine can connect: admin = { address = \""
              + text
              + "\", token_file = \"/etc/rsp/admin.token\" }");
    } else if (!isPublic && !socket.getAddress().isLoopbackAddress()) {
      problems.add(
          at,
          value,
          "a loopback address, such as 127.0.0.1, or public = true beside it: others would see the"
              + " token, because it is not encrypted");
    }
    return new AdminSettings(text, null, socket, token, tokenFile, names);
  }

  private String token(Section section) {
    LuaValue value = section.get(TOKEN);
    String token = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    String problem = value.isnil() ? null : AdminSettings.problemOf(token);
    if (problem != null) {
      problems.add(KeyPath.global(ADMIN).key(TOKEN), "(not shown)", problem);
    } else if (!value.isnil() && !section.get(TOKEN_FILE).isnil()) {
      problems.add(
          KeyPath.global(ADMIN).key(TOKEN), "(not shown)", "token or token_file, not both");
    }
    return token;
  }

  private @Nullable Path tokenFile(Section section) {
    KeyPath path = KeyPath.global(ADMIN).key(TOKEN_FILE);
    LuaValue value = section.get(TOKEN_FILE);
    if (value.isnil()) {
      return null;
    }
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (!text.startsWith("/") || !Syntax.isVisible(text)) {
      problems.add(path, value, "the absolute path of a file with the token");
      return null;
    }
    Path file = Path.of(text);
    if (!Files.exists(file)) {
      problems.warn(path, "there is no file " + file + ", so a start or a reload fails");
    } else if (Files.isReadable(file)) {
      // Who may not read it can check the rest of the file.
      String problem = problemIn(file);
      if (problem != null) {
        problems.add(path, value, problem);
      }
    }
    return file;
  }

  private static @Nullable String problemIn(Path file) {
    try {
      return AdminSettings.problemOf(AdminToken.read(file));
    } catch (IOException e) {
      return "a file that can be read: " + e.getMessage();
    }
  }

  private List<String> names(Section section) {
    KeyPath path = KeyPath.global(ADMIN).key(NAMES);
    LuaValue value = section.get(NAMES);
    String expected = "a host name in lower case, without port";
    if (value.isnil()) {
      return List.of();
    }
    if (!(value instanceof LuaTable table)) {
      problems.add(path, value, "a list of host names, such as { \"rsp.example.net\" }");
      return List.of();
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_NAMES, expected);
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      LuaValue entry = entries.get(i - 1);
      String name = entry.type() == LuaValue.TSTRING ? entry.tojstring() : "";
      if (name.equals(HostName.canonicalise(name))) {
        names.add(name);
      } else {
        problems.add(path.index(i), entry, expected);
      }
    }
    return names;
  }
}
