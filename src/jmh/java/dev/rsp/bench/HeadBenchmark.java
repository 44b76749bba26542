// SPDX-License-Identifier: Apache-2.0
package dev.rsp.bench;

import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The cost of parsing a head and of rewriting it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeadBenchmark {
  private static final byte[] FORWARDING =
      "Via: 1.1 rsp\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATE =
      "Sat, 21 Nov 2026 00:00:00 GMT".getBytes(StandardCharsets.US_ASCII);

  /** As wrk sends it. */
  private final ByteBuf plain = buffer("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n");

  /** As a browser sends it. */
  private final ByteBuf browser =
      buffer(
          "GET /static/app.js?v=20261121 HTTP/1.1\r\nHost: ironhand.example.com\r\n"
              + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
              + " Chrome/156.0.0.0 Safari/537.36\r\nAccept: */*\r\n"
              + "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n"
              + "Cookie: sessionid=0123456789abcdef0123456789abcdef; csrftoken=abcdefghijklmnop\r\n"
              + "Referer: http://ironhand.example.com/\r\nConnection: keep-alive\r\n"
              + "Cache-Control: no-cache\r\n\r\n");

  private final ByteBuf response =
      buffer(
          """
          HTTP/1.1 200 OK\r
          Server: nginx/1.22.1\r
          Date: Sat, 21 Nov 2026 00:00:00 GMT\r
          Content-Type: text/html\r
          Content-Length: 612\r
          Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r
          Connection: keep-alive\r
          ETag: "63f0e5a1-264"\r
          Accept-Ranges: bytes\r
          \r
          """);

  private final HeadParser parser = new HeadParser(32 * 1024, 100, 8192);
  private final RequestHead requestHead = new RequestHead();
  private final ResponseHead responseHead = new ResponseHead();
  private final HeadWriter writer = new HeadWriter();

  private static ByteBuf buffer(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
  }

  /** Reads a short request head. */
  @Benchmark
  public Parsed parseShortRequest() {
    return parser.request(plain, requestHead);
  }

  /** Reads a browser's request head. */
  @Benchmark
  public Parsed parseBrowserRequest() {
    return parser.request(browser, requestHead);
  }

  /** Reads a response head. */
  @Benchmark
  public Parsed parseResponse() {
    return parser.response(response, responseHead);
  }

  /** Reads a browser's request head and writes it for the backend. */
  @Benchmark
  public int forwardBrowserRequest() {
    parser.request(browser, requestHead);
    writer.request(requestHead, FORWARDING, false);
    return writer.length();
  }

  /** Reads a response head and writes it for the client. */
  @Benchmark
  public int forwardResponse() {
    parser.response(response, responseHead);
    writer.response(responseHead, HeadWriter.Persistence.KEEP, true, false, DATE);
    return writer.length();
  }
}
