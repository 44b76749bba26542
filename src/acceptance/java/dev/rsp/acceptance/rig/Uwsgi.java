// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** uWSGI with a WSGI application of the tests, on a Unix socket and a port. */
public final class Uwsgi implements Closeable {
  /** The length of the queue of connections to accept: short, so that a few clients fill it. */
  public static final int QUEUE = 4;

  /**
   * The WSGI application. It answers with a file of its directory, with its environment, or with
   * the SHA-256 of the body; or it dies.
   */
  public static final String APPLICATION =
      """
      import hashlib, json, os, time

      HERE = os.path.dirname(os.path.abspath(__file__))

      def application(environ, start_response):
          path = environ['PATH_INFO']
          name = path.rsplit('/', 1)[1]
          if path.startswith('/length/'):
              size = os.path.getsize(os.path.join(HERE, name))
              start_response('200 OK', [('Content-Length', str(size))])
              return pieces(name)
          if path.startswith('/stream/'):
              start_response('200 OK', [('Content-Type', 'application/octet-stream')])
              return pieces(name)
          if path == '/sum':
              body = environ['wsgi.input']
              digest, length = hashlib.sha256(), 0
              while True:
                  piece = body.read(65536)
                  if not piece:
                      break
                  digest.update(piece)
                  length += len(piece)
              return text(start_response, '%s %d' % (digest.hexdigest(), length))
          if path == '/die':
              os.kill(os.getpid(), 9)
          if path == '/die-in-body':
              start_response('200 OK', [('Content-Length', '1000000')])
              return dying()
          if path == '/cookies':
              start_response('200 OK', [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'),
                                        ('Content-Length', '0')])
              return []
          if path == '/slow':
              time.sleep(0.1)
          if path == '/ignore':
              return text(start_response, 'ignored')
          known = {k: v for k, v in environ.items() if isinstance(v, str)}
          return text(start_response, json.dumps(known, sort_keys=True))

      def text(start_response, answer):
          start_response('200 OK', [('Content-Length', str(len(answer)))])
          return [answer.encode()]

      def pieces(name):
          with open(os.path.join(HERE, name), 'rb') as file:
              while True:
                  piece = file.read(40009)
                  if not piece:
                      return
                  yield piece

      def dying():
          yield b'x' * 1000
          os.kill(os.getpid(), 9)
      """;

  private final Path socket;
  private final int port;
  private final Program program;

  private Uwsgi(Path socket, int port, Program program) {
    this.socket = socket;
    this.port = port;
    this.program = program;
    Eventually.holds(() -> "uWSGI to accept: " + program, this::accepts);
  }

  /**
   * Starts it; application and socket are in the directory. Returns when it accepts connections.
   */
  public static Uwsgi serving(Path directory, String socketName) throws IOException {
    Path application = Files.writeString(directory.resolve("application.py"), APPLICATION);
    Path socket = directory.resolve(socketName);
    int port = Peer.freePort();
    List<String> command =
        List.of(
            "uwsgi",
            "--plugin",
            "python3",
            "--uwsgi-socket",
            socket.toString(),
            "--uwsgi-socket",
            "127.0.0.1:" + port,
            "--wsgi-file",
            application.toString(),
            "--need-app",
            "--listen",
            "" + QUEUE,
            "--master",
            "--processes",
            "4",
            "--die-on-term",
            "--no-orphans");
    return new Uwsgi(socket, port, Program.start(command, Map.of()));
  }

  private boolean accepts() {
    if (!program.isAlive()) {
      throw new AssertionError("it ended: " + program);
    }
    try (Socket attempt = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return attempt.isConnected() && program.err().contains("spawned uWSGI worker 4");
    } catch (IOException e) {
      return false;
    }
  }

  /** The place of the Unix socket, as a configuration file writes it. */
  public String unixPlace() {
    return "uwsgi:unix:" + socket;
  }

  /** The place of the port, as a configuration file writes it. */
  public String tcpPlace() {
    return "uwsgi:127.0.0.1:" + port;
  }

  @Override
  public void close() {
    program.close();
  }

  @Override
  public String toString() {
    return program.toString();
  }
}
