# SPDX-License-Identifier: Apache-2.0
"""The backend and the proxies: how each is configured and started.

Equal duties: every proxy but the relay parses HTTP, chooses one of the same eight servers by a hash of the lower-cased host,
keeps the connections to them, adds the same four fields to each request, and writes no log. One thread each.
"""

from __future__ import annotations

import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import machine
from children import START_SECONDS, Child, Children, Failure, wait_for_line
from load import HOST, Scenario

SERVERS = 8
MOST_CONNECTIONS = 4000  # far more than any scenario opens, so that no proxy closes idle ones to save file descriptors
RSP_READY = r"Started\.  Listening on ports? \d+(, \d+)?\.$"
BODIES = {"/612": 612, "/10k": 10_240, "/1m": 1_048_576}
STALLED_PATH = "/8m"  # more than the sockets of both sides hold
STALLED_BYTES = 8 << 20
LINE = b"A site of the benchmark, made of lines like this one, 64 bytes.\n"
# What nginx reads at once without buffering. Of 16k, 32k, 64k and 128k the middle two served it best.
NGINX_BUFFER = "64k"
PEERS = ("haproxy", "haproxy-splice", "nginx", "relay")


def body(path: str) -> bytes:
    length = BODIES[path]
    return (LINE * (length // len(LINE) + 1))[:length]


@dataclass(frozen=True)
class Proxy:
    name: str
    port: int
    child: Child
    version: str
    tls_port: int = 0

    def port_of(self, scenario: Scenario) -> int:
        return self.tls_port if scenario.tls else self.port


@dataclass(frozen=True)
class RspBuild:
    """A build of rsp under test, and the environment it runs in."""

    name: str
    home: Path
    environment: dict
    lines: str = ""  # more of its configuration; {directory} is that of the run

    @property
    def program(self) -> Path:
        return self.home / "bin" / "rsp"


class Starter:
    """Starts the backend, then proxies in front of it."""

    def __init__(self, children: Children, directory: Path, tls: bool = False):
        self._children = children
        self._directory = directory
        self._tls = tls
        self._certificate = self._make_certificate() if tls else None
        self._connections = min(MOST_CONNECTIONS, machine.raise_file_limit() // 2 - 100)
        self.backend_ports = machine.free_ports(SERVERS)

    def _make_certificate(self) -> Path:
        """A P-256 certificate and its key, for all proxies."""
        folder = self._directory / "certificates"
        folder.mkdir()
        both, key, certificate = folder / "site.pem", self._directory / "site.key", self._directory / "site.crt"
        command = [machine.tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        self._children.run("openssl", command, START_SECONDS)
        both.write_text(certificate.read_text() + key.read_text())
        both.chmod(0o600)
        return both

    def _start(
        self, name: str, port: int, command: list, version: str, environment: dict | None = None, tls_port: int = 0
    ) -> Proxy:
        child = self._children.start(name, command, environment)
        if environment is not None:
            wait_for_line(child, RSP_READY)
        wait_for_port(child, port)
        return Proxy(name, port, child, version, tls_port)

    def _write(self, name: str, text: str) -> Path:
        file = self._directory / name
        file.write_text(text)
        return file

    # --- nginx, twice -------------------------------------------------------------------------------------------------

    def _start_nginx(self, name: str, port: int, http: str, tls_port: int = 0) -> Proxy:
        nginx = machine.tool("nginx")
        temporary = self._directory / f"{name}.tmp"
        temporary.mkdir()
        # Started by root, workers would take another user, who cannot read a temporary directory of root's.
        user = "user root;" if os.geteuid() == 0 else ""
        paths = "".join(f"  {kind}_temp_path {temporary}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file = self._write(
            f"{name}.conf",
            f"""daemon off;
worker_processes 1;
{user}
pid {self._directory}/{name}.pid;
error_log {self._directory}/{name}.log warn;
events {{ worker_connections {self._connections * 2}; }}
http {{
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
{paths}{http}}}
""",
        )
        command = [nginx, "-p", self._directory, "-c", file]
        return self._start(name, port, command, nginx_version(nginx), tls_port=tls_port)

    def backend(self, nopush: bool) -> Proxy:
        """One nginx that listens on a port per server. `/echo` answers what a proxy made of a request.

        Without `nopush`, nginx sends a head and its file in two segments, with it in one if they fit.
        """
        site = self._directory / "site"
        site.mkdir()
        for path in BODIES:
            (site / path[1:]).write_bytes(body(path))
        with open(site / STALLED_PATH[1:], "wb") as stalled:
            stalled.truncate(STALLED_BYTES)
        listen = "".join(f"    listen 127.0.0.1:{port} backlog=4096;\n" for port in self.backend_ports)
        echo = "$http_x_forwarded_for|$http_x_forwarded_proto|$http_x_forwarded_host|$http_via|$http_host|$server_port"
        return self._start_nginx(
            "backend",
            self.backend_ports[0],
            f"""  sendfile on;
  tcp_nopush {"on" if nopush else "off"};
  open_file_cache max=100;
  open_file_cache_valid 1h;
  server {{
{listen}    root {site};
    location = /echo {{ return 200 "{echo}"; }}
    location = /status {{ stub_status; }}
  }}
""",
        )

    def nginx(self) -> Proxy:
        port, tls_port = machine.free_ports(2)
        tls = ""
        if self._tls:
            tls = f"""    listen 127.0.0.1:{tls_port} ssl http2 backlog=4096;
    ssl_certificate {self._certificate};
    ssl_certificate_key {self._certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    http2_max_requests 1000000000;
"""
        servers = "".join(f"    server 127.0.0.1:{each};\n" for each in self.backend_ports)
        return self._start_nginx(
            "nginx",
            port,
            f"""  upstream sites {{
    hash $host;
{servers}    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
{tls}    location / {{
      proxy_pass http://sites;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_buffer_size {NGINX_BUFFER};
      proxy_buffers 4 {NGINX_BUFFER};
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Via "1.1 nginx";
    }}
  }}
""",
            tls_port,
        )

    # --- the others ---------------------------------------------------------------------------------------------------

    def haproxy(self, splice: bool = False) -> Proxy:
        name = "haproxy-splice" if splice else "haproxy"
        haproxy = machine.tool("haproxy")
        version = machine.version([haproxy, "-v"], r"version (\S+)")
        port, tls_port = machine.free_ports(2)
        servers = "".join(f"  server s{i} 127.0.0.1:{each}\n" for i, each in enumerate(self.backend_ports, 1))
        numbers = [int(number) for number in re.findall(r"\d+", version)[:2]]
        # Hashing an expression came with 2.6; older ones hash the field as it came, which is less work.
        balance = "hash req.hdr(host),lower" if numbers >= [2, 6] else "hdr(host)"
        rules = f"""  option forwardfor
  http-request set-header X-Forwarded-Proto %s
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request add-header Via "1.1 haproxy"
  balance {balance}
  hash-type map-based
{servers}"""
        tls = ""
        if self._tls:
            tls = f"listen tls\n  bind 127.0.0.1:{tls_port} ssl crt {self._certificate} alpn h2,http/1.1 backlog 4096\n"
            tls += rules.replace("%s", "https")
        file = self._write(
            f"{name}.cfg",
            f"""global
  nbthread 1
  maxconn {self._connections}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-request 10s
  timeout http-keep-alive 1h
  option http-keep-alive
  http-reuse always
  {"option splice-auto" if splice else ""}
listen sites
  bind 127.0.0.1:{port} backlog 4096
{rules.replace("%s", "http")}{tls}""",
        )
        return self._start(name, port, [haproxy, "-db", "-f", file], version, tls_port=tls_port)

    def relay(self) -> Proxy:
        source, program = Path(__file__).with_name("relay.c"), self._directory / "relay"
        (port,) = machine.free_ports(1)
        self._children.run("gcc", [machine.tool("gcc"), "-O2", "-Wall", "-Wextra", "-o", program, source], START_SECONDS)
        return self._start("relay", port, [program, port, self.backend_ports[0]], "")

    def rsp(self, build: RspBuild) -> Proxy:
        port, tls_port = machine.free_ports(2)
        listen, certificates = f'"127.0.0.1:{port}"', ""
        if self._tls:
            listen = f'{{ {listen}, {{ address = "127.0.0.1:{tls_port}", tls = true }} }}'
            certificates = f'certificates = {{ path = "{self._directory}/certificates", default = "{HOST}" }}\n'
        backends = ", ".join(f'"127.0.0.1:{each}"' for each in self.backend_ports)
        file = self._write(
            f"{build.name}.lua",
            f"listen = {listen}\n{certificates}backends = {{ {backends} }}\nloops = 1\n{build.lines.format(directory=self._directory)}\n",
        )
        java = machine.java_version(build.environment)
        command = [build.program, "run", file]
        return self._start(build.name, port, command, f"Java {java}", build.environment, tls_port)

    def start(self, name: str, builds: dict) -> Proxy:
        """Starts the proxy of that name: a build of rsp or one of PEERS."""
        if name in builds:
            return self.rsp(builds[name])
        if name == "haproxy-splice":
            return self.haproxy(splice=True)
        return {"haproxy": self.haproxy, "nginx": self.nginx, "relay": self.relay}[name]()


def nginx_version(nginx: str) -> str:
    return machine.version([nginx, "-v"], r"nginx/(\S+)")


def wait_for_port(child: Child, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        child.check_alive()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise Failure(f"{child.name} does not accept on port {port}:\n{child.log_tail()}") from None
            time.sleep(0.05)
