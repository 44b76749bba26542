// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A real server, on a port of its own, with a configuration of its own in a temporary directory.
 */
public final class Peer implements Closeable {

  private final int port;
  private final Program program;

  private Peer(int port, Program program) {
    this.port = port;
    this.program = program;
    Eventually.holds(
        () -> "connections to port " + port + ": " + program,
        () -> {
          if (!program.isAlive()) {
            throw new AssertionError("it ended: " + program);
          }
          try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
          } catch (IOException e) {
            return false;
          }
        });
  }

  /**
   * nginx with files, which can also be PUT, under {@code files/} in the directory, with files that
   * it compresses under {@code gzip/}, and with a backend under {@code /length/}, {@code /chunked/}
   * and {@code /sum}.
   */
  public static Peer nginx(Path directory, String backend) throws IOException {
    int port = freePort();
    Files.createDirectories(directory.resolve("files"));
    return nginx(
        directory,
        port,
        """
        server {
          listen 127.0.0.1:%2$d backlog=1024;
          location /files/ { root %1$s; dav_methods PUT; }
          location /gzip/ { root %1$s; gzip on; gzip_types *; }
          location = /small { return 200 "small\\n"; }
          location / {
            proxy_pass http://%3$s;
            proxy_http_version 1.1;
            proxy_request_buffering off;
          }
        }
        """
            .formatted(directory, port, backend));
  }

  /** nginx with other blocks of its section {@code http}, of which one listens on a port. */
  public static Peer nginx(Path directory, int port, String blocks) throws IOException {
    Files.createDirectories(directory.resolve("tmp"));
    // One process, so that killing it ends nginx, and so that it runs as the user of the tests.
    Path file =
        Files.writeString(
            directory.resolve("nginx.conf"),
            """
            daemon off;
            master_process off;
            pid %1$s/nginx.pid;
            error_log stderr warn;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 1000000;
              client_max_body_size 0;
              client_body_temp_path %1$s/tmp/body;
              proxy_temp_path %1$s/tmp/proxy;
              fastcgi_temp_path %1$s/tmp/fastcgi;
              uwsgi_temp_path %1$s/tmp/uwsgi;
              scgi_temp_path %1$s/tmp/scgi;
              %2$s
            }
            """
                .formatted(directory, blocks));
    return new Peer(
        port,
        Program.start("nginx", "-e", "stderr", "-p", directory.toString(), "-c", file.toString()));
  }

  /** HAProxy in front of a backend, given as host:port. */
  public static Peer haproxy(Path directory, String backend) throws IOException {
    int port = freePort();
    return haproxy(
        directory,
        port,
        """
        listen it
          mode http
          bind 127.0.0.1:%d
          server origin %s
        """
            .formatted(port, backend));
  }

  /** HAProxy with other sections, of which one listens on a port; in mode tcp by default. */
  public static Peer haproxy(Path directory, int port, String sections) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("haproxy.cfg"),
            """
            defaults
              timeout client 60s
              timeout server 60s
              timeout connect 5s
            %s
            """
                .formatted(sections));
    return new Peer(port, Program.start("haproxy", "-db", "-f", file.toString()));
  }

  /**
   * nginx with TLS in front of a backend, given as host:port. {@code /tls} tells the version, the
   * name that was asked for, and the client's certificate; {@code /once} ends the connection and
   * tells whether its session was resumed: {@code r}.
   *
   * @param pem its certificate and key
   * @param ca who must have signed the certificate of a client that shows one
   */
  public static Peer nginxWithTls(Path directory, String backend, Path pem, Path ca)
      throws IOException {
    int port = freePort();
    Path own = Files.createDirectories(directory.resolve("nginx-tls"));
    Files.createDirectories(own.resolve("tmp"));
    Path file =
        Files.writeString(
            own.resolve("nginx.conf"),
            """
            daemon off;
            master_process off;
            pid %1$s/nginx.pid;
            error_log stderr warn;
            events { worker_connections 1024; }
            http {
              access_log off;
              client_max_body_size 0;
              client_body_temp_path %1$s/tmp/body;
              proxy_temp_path %1$s/tmp/proxy;
              fastcgi_temp_path %1$s/tmp/fastcgi;
              uwsgi_temp_path %1$s/tmp/uwsgi;
              scgi_temp_path %1$s/tmp/scgi;
              server {
                listen 127.0.0.1:%2$d ssl;
                ssl_certificate %4$s;
                ssl_certificate_key %4$s;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:a:1m;
                ssl_client_certificate %5$s;
                ssl_verify_client optional;
                location = /tls { return 200 "$ssl_protocol $ssl_server_name $ssl_client_s_dn"; }
                location = /once { keepalive_timeout 0; return 200 "$ssl_session_reused"; }
                location / {
                  proxy_pass http://%3$s;
                  proxy_http_version 1.1;
                  proxy_request_buffering off;
                }
              }
            }
            """
                .formatted(own, port, backend, pem, ca));
    return new Peer(
        port, Program.start("nginx", "-e", "stderr", "-p", own.toString(), "-c", file.toString()));
  }

  /** HAProxy with TLS in front of a backend, given as host:port. */
  public static Peer haproxyWithTls(Path directory, String backend, Path pem) throws IOException {
    int port = freePort();
    Path file =
        Files.writeString(
            directory.resolve("haproxy-tls.cfg"),
            """
            defaults
              mode http
              timeout client 60s
              timeout server 60s
              timeout connect 5s
            listen it
              bind 127.0.0.1:%d ssl crt %s
              server origin %s
            """
                .formatted(port, pem, backend));
    return new Peer(port, Program.start("haproxy", "-db", "-f", file.toString()));
  }

  /** Varnish in front of a backend, given as host:port. */
  public static Peer varnish(Path directory, String backend) throws IOException {
    int port = freePort();
    return new Peer(
        port,
        Program.start(
            "varnishd",
            "-F",
            "-a",
            "127.0.0.1:" + port,
            "-b",
            backend,
            "-n",
            Files.createDirectories(directory.resolve("varnish")).toString(),
            "-s",
            "malloc,64m",
            "-p",
            "thread_pools=1",
            "-p",
            "thread_pool_min=10"));
  }

  /** nghttpd, which speaks HTTP/2 in the clear, with the files of a directory. */
  public static Peer nghttpd(Path files) {
    int port = freePort();
    return new Peer(
        port,
        Program.start("nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", files.toString(), "" + port));
  }

  /** A free port, below those that the system gives to outgoing connections. */
  public static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket.getLocalPort();
      } catch (IOException e) {
        // It is in use.
      }
    }
  }

  int port() {
    return port;
  }

  /** The address as a configuration file writes it. */
  public String address() {
    return "127.0.0.1:" + port;
  }

  @Override
  public void close() {
    program.close();
  }
}
