// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

/** What a client starts and does not finish, so that it costs rsp memory. */
enum Burden {
  DOWNLOAD("downloads of which the client reads nothing", get("flood"), 0),
  UPLOAD(
      "uploads of 300 KB of which the backend reads nothing, and 200 KB behind them",
      post("hang", "Content-Length: 300000"),
      500_000),
  HEAD("heads of 31 KB that do not end", "GET / HTTP/1.1\r\nHost: page\r\nX: ", 31_000),
  PIPELINE("pipelined requests of which the client reads no response", get("page").repeat(3000), 0),
  TUNNEL_DOWN("tunnels of which the client reads nothing", upgrade("tunnel-flood"), 0),
  TUNNEL_UP("tunnels of which the backend reads nothing", upgrade("tunnel-hang"), 1_000_000),
  SLOW_UPLOAD("uploads that stop in the middle", post("hang", "Content-Length: 900000"), 20_000),
  UWSGI(
      "chunked bodies for a uwsgi backend that stop after 60 KB",
      post("uwsgi", "Transfer-Encoding: chunked") + "10000\r\n",
      60_000),
  START(
      "requests with a body of 100 KB that wait for the start of a site",
      post("asleep", "Content-Length: 100000"),
      100_000);

  final String text;
  final String request;
  final int fillerBytes;

  Burden(String text, String request, int fillerBytes) {
    this.text = text;
    this.request = request;
    this.fillerBytes = fillerBytes;
  }

  private static String get(String host) {
    return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  private static String post(String host, String field) {
    return "POST / HTTP/1.1\r\nHost: " + host + "\r\n" + field + "\r\n\r\n";
  }

  private static String upgrade(String host) {
    return "GET / HTTP/1.1\r\nHost: "
        + host
        + "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  }
}
