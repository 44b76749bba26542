// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.access.AccessLogSettings;
import dev.rsp.access.Format;
import dev.rsp.access.LogTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks {@code access_log}. */
final class AccessLogKeys {
  static final String ACCESS_LOG = "access_log";

  static final String PATH = "path";
  static final String FORMAT = "format";
  static final String SAMPLE = "sample";
  static final NumberKey MIN_STATUS = NumberKey.count("min_status", 0, 0, 599, "as a status");
  static final NumberKey MIN_SECONDS = NumberKey.secondsOrNone("min_seconds", 0);
  static final List<String> ALL =
      List.of(PATH, FORMAT, SAMPLE, MIN_STATUS.name(), MIN_SECONDS.name());

  private static final String FORMATS =
      "\"json\", \"common\", \"combined\", or a pattern such as \"$client $host $status\"";

  private final Problems problems;

  AccessLogKeys(Problems problems) {
    this.problems = problems;
  }

  /** The settings; null if the key is not set. */
  @Nullable AccessLogSettings read(LuaValue value) {
    KeyPath path = KeyPath.global(ACCESS_LOG);
    if (value.isnil()) {
      return null;
    }
    if (!(value instanceof LuaTable table)) {
      LogTarget target = target(path, value);
      return target == null ? null : new AccessLogSettings(target, Format.of(Format.JSON), 1, 0, 0);
    }
    var section = new Section(path, table, problems);
    section.rejectUnknownKeys(ALL);
    LogTarget target = target(path.key(PATH), section.get(PATH));
    Format format = format(path.key(FORMAT), section.get(FORMAT));
    int minStatus = (int) section.number(MIN_STATUS);
    long minMillis = Math.round(section.number(MIN_SECONDS) * 1000);
    boolean conditions = minStatus > 0 || minMillis > 0;
    double share = section.share(SAMPLE, conditions ? 0 : 1);
    return target == null || format == null
        ? null
        : new AccessLogSettings(target, format, share, minStatus, minMillis);
  }

  private @Nullable LogTarget target(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    Path file = Path.of(problems.file()).toAbsolutePath();
    Path folder = file.getParent();
    LogTarget target =
        Syntax.isVisible(text) ? LogTarget.parse(text, folder == null ? file : folder) : null;
    if (target == null) {
      problems.add(path, value, LogTarget.FORMS);
      return null;
    }
    if (target instanceof LogTarget.File log) {
      Path parent = log.path().getParent();
      if (parent != null && !Files.isDirectory(parent)) {
        problems.warn(path, "there is no folder " + parent + ", so a start or a reload fails");
      } else if (Files.isDirectory(log.path())) {
        problems.add(path, value, "a file, not a folder");
      } else if (log.path().equals(file.normalize())) {
        problems.add(path, value, "another file than this one, which rsp reads");
      }
    }
    return target;
  }

  private @Nullable Format format(KeyPath path, LuaValue value) {
    if (value.isnil()) {
      return Format.of(Format.JSON);
    }
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    boolean pattern = text.indexOf('$') >= 0;
    if (!pattern && !Format.NAMES.contains(text)) {
      problems.add(path, value, FORMATS + NearestKey.suggestion(text, Format.NAMES));
      return null;
    }
    if (text.indexOf('\n') >= 0) {
      problems.add(path, value, "a pattern in one line");
      return null;
    }
    for (String unknown : Format.unknownIn(text)) {
      problems.add(
          path,
          ValueText.quoted("$" + unknown),
          "one of $"
              + String.join(", $", Format.names())
              + ", or $field_NAME for a field of the request, not of its secrets"
              + NearestKey.suggestion(unknown, Format.names()));
      return null;
    }
    return Format.of(text);
  }
}
