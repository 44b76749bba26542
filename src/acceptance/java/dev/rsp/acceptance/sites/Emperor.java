// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Uwsgi;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A machine of a platform: uWSGI's Emperor, which runs an application for each file in a directory,
 * and a service that writes the file for a host when it is called.
 *
 * <p>For hosts that start with "broken" the service answers 202 and does nothing; for those that
 * start with "unknown" it answers 404, for those that start with "refused" 500.
 */
final class Emperor implements Closeable {
  private final Path directory;
  private final Program program;
  private final HttpServer service;
  private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

  /** Starts both, with all files below a directory. */
  Emperor(Path below) throws IOException {
    directory = below;
    Files.createDirectories(vassals());
    Files.createDirectories(below.resolve("sockets"));
    Files.writeString(below.resolve("wsgi.py"), Uwsgi.APPLICATION);
    program =
        Program.start(
            List.of(
                "uwsgi",
                "--plugin",
                "python3",
                "--emperor",
                vassals().toString(),
                "--emperor-freq",
                "1",
                "--die-on-term",
                "--no-orphans"),
            Map.of());
    service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    service.createContext("/init/", this::initialise);
    service.setExecutor(Executors.newCachedThreadPool());
    service.start();
  }

  private void initialise(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String host = path.substring(path.lastIndexOf('/') + 1);
    calls.computeIfAbsent(host, name -> new AtomicInteger()).incrementAndGet();
    int status = host.startsWith("unknown") ? 404 : host.startsWith("refused") ? 500 : 202;
    if (status == 202 && !host.startsWith("broken")) {
      Path draft = Files.writeString(directory.resolve(host + ".draft"), vassal(host));
      Files.move(draft, vassals().resolve(host + ".ini"), StandardCopyOption.ATOMIC_MOVE);
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  /** The file that the document shows, for a host and with the folders of this test. */
  private String vassal(String host) throws IOException {
    String document = Files.readString(Path.of("src/docs/platform.md"));
    Matcher ini = Pattern.compile("```ini [^\\n]*\\n(.*?)```", Pattern.DOTALL).matcher(document);
    if (!ini.find()) {
      throw new IllegalStateException("platform.md has no ini file");
    }
    return ini.group(1)
            .replace("/run/sites", directory + "/sockets")
            .replace("/home/someone/site", directory.toString())
            .replace("www.example.com", host)
        + "processes = 2\n";
  }

  /** The directory of the Emperor's files. */
  Path vassals() {
    return directory.resolve("vassals");
  }

  /** How often the service was called for a host. */
  int calls(String host) {
    AtomicInteger count = calls.get(host);
    return count == null ? 0 : count.get();
  }

  /**
   * A configuration that finds the socket by the host, and has sites started; {@code more} are
   * further options of {@code initialise}.
   */
  String lua(String more) {
    return """
    listen = "127.0.0.1:0"
    backends = { "127.0.0.1:1" }
    forwarded = "append"
    initialise = {
      url = "http://127.0.0.1:%1$d/init/{host}",
      %3$s
    }
    function select(request)
      return "uwsgi:unix:%2$s/sockets/" .. request.host .. ".sock"
    end
    """
        .formatted(service.getAddress().getPort(), directory, more);
  }

  @Override
  public void close() {
    service.stop(0);
    List<ProcessHandle> sites =
        ProcessHandle.of(program.pid()).stream().flatMap(ProcessHandle::descendants).toList();
    program.close();
    // A worker of uWSGI may outlive its Emperor, and then uses a core for ever.
    sites.forEach(ProcessHandle::destroyForcibly);
  }

  @Override
  public String toString() {
    return program.toString();
  }
}
