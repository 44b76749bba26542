// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.hash.SipHash;
import dev.rsp.usage.UsageFile.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of a folder, whether an rsp writes them or not. Methods block. No state but the
 * path; any thread.
 *
 * @param path of the folder
 */
public record UsageFolder(Path path) {
  /**
   * The file of each hour that has one, by the hour since 1970-01-01T00:00Z. A complete file comes
   * before one of the running hour, which a crash may have left beside it.
   *
   * @throws IOException if the folder cannot be read
   */
  public Map<Long, Path> hours() throws IOException {
    Map<Long, Path> files = new TreeMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(path)) {
      for (Path file : all) {
        HourName name = HourName.of(file);
        if (name != null && (name.complete() || !files.containsKey(name.hour()))) {
          files.put(name.hour(), file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return files;
  }

  /** The hour in the name of a file; null if it is no such file. */
  public static @Nullable Long hourOf(Path file) {
    HourName name = HourName.of(file);
    return name == null ? null : name.hour();
  }

  Path complete(long hour) {
    return path.resolve(new HourName(hour, true).text());
  }

  Path running(long hour) {
    return path.resolve(new HourName(hour, false).text());
  }

  /** The file of an hour; null if there is none. */
  @Nullable Path file(long hour) {
    Path complete = complete(hour);
    if (Files.exists(complete)) {
      return complete;
    }
    Path running = running(hour);
    return Files.exists(running) ? running : null;
  }

  /**
   * Adds what an hour's file has to a table.
   *
   * @return damaged lines, which are left out
   * @throws IOException if it cannot be read
   */
  static int addTo(UsageTable table, Path file) throws IOException {
    return UsageFile.read(
        file,
        (octets, start, length, requests, in, out, micros) -> {
          if (isOthers(octets, start, length)) {
            table.addToOthers(requests, in, out, micros);
          } else {
            table.add(octets, start, length, requests, in, out, micros);
          }
        });
  }

  private static boolean isOthers(byte[] octets, int start, int length) {
    return length == 1 && octets[start] == '*';
  }

  /** A table of what an hour's file has. */
  static UsageTable read(SipHash hash, int mostHosts, Path file) throws IOException {
    var table = new UsageTable(hash, mostHosts);
    addTo(table, file);
    return table;
  }

  /** What a host used by a file; nothing if it has no line there. */
  static HostUse find(Path file, String host) throws IOException {
    var found = new Search(host);
    UsageFile.read(file, found);
    return found.use;
  }

  /** Adds up the rows of one host. */
  private static final class Search implements Rows {
    private final byte[] wanted;
    private HostUse use;

    Search(String host) {
      wanted = host.getBytes(StandardCharsets.US_ASCII);
      use = new HostUse(host, 0, 0, 0, 0);
    }

    @Override
    public void take(
        byte[] octets, int start, int length, long requests, long in, long out, long micros) {
      if (Arrays.equals(octets, start, start + length, wanted, 0, wanted.length)) {
        use = use.plus(new HostUse(use.host(), requests, in, out, micros));
      }
    }
  }
}
