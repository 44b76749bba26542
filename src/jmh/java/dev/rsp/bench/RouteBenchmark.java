// SPDX-License-Identifier: Apache-2.0
package dev.rsp.bench;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.hash.PythonHash;
import dev.rsp.hash.SipHash;
import dev.rsp.http.Client;
import dev.rsp.http.HostName;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Route;
import dev.rsp.route.Router;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs to find the backend of a host. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteBenchmark {
  private static final String BACKENDS =
      "listen = '127.0.0.1:0' backends = { '127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3' } ";

  private static final Client CLIENT = () -> "192.0.2.7";

  private final byte[] host = "ironhand.pythonanywhere.com".getBytes(StandardCharsets.US_ASCII);
  private final SipHash sip = new SipHash(1, 2);
  private final RequestHead head = new RequestHead();
  private final RequestHead changing = new RequestHead();

  /** Twice as many as a loop remembers, so that none is known when its turn comes again. */
  private final byte[][] manyHosts = new byte[65_536][];

  private int next;
  private Router hashing;
  private Router scripted;
  private Router scriptedEachTime;

  /** Makes the routers and the heads that they are asked about. */
  @Setup
  public void setUp() throws IOException, ConfigException, ScriptException {
    hashing = router(BACKENDS);
    String select = "function select(request) return hash.python(request.host, #backends) end";
    scripted = router(BACKENDS + select);
    scriptedEachTime = router(BACKENDS + select);
    parse(head, "ironhand.pythonanywhere.com");
    scripted.route(head, CLIENT);
    parse(changing, "ironhand.pythonanywhere.com");
    for (int i = 0; i < manyHosts.length; i++) {
      manyHosts[i] = ("site" + i + ".pythonanywhere.com").getBytes(StandardCharsets.US_ASCII);
    }
  }

  private static void parse(RequestHead into, String name) {
    ByteBuf bytes =
        Unpooled.copiedBuffer(
            "GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n", StandardCharsets.US_ASCII);
    new HeadParser(32 * 1024, 100, 8192).request(bytes, into);
    bytes.release();
  }

  private static Router router(String lua) throws IOException, ConfigException, ScriptException {
    Path file = Files.createTempFile("rsp-jmh", ".lua");
    Files.writeString(file, lua);
    Config config = ConfigLoader.load(file);
    Files.delete(file);
    return new Router(config, config.script());
  }

  /** The default: hashes the host. */
  @Benchmark
  public Route routeByDefaultHash() {
    return hashing.route(head, CLIENT);
  }

  /** A script's answer that is remembered. */
  @Benchmark
  public Route routeScriptHit() {
    return scripted.route(head, CLIENT);
  }

  /** A script that is run: more hosts in turn than are remembered. */
  @Benchmark
  public Route routeScriptMiss() {
    next = next + 1 == manyHosts.length ? 0 : next + 1;
    changing.assumeHost(manyHosts[next]);
    return scriptedEachTime.route(changing, CLIENT);
  }

  /** The canonical form of a host. */
  @Benchmark
  public String canonicalise() {
    return HostName.canonicalise("IronHand.PythonAnywhere.com.:8080");
  }

  /** CPython 2's hash of a host. */
  @Benchmark
  public int hashPython() {
    return PythonHash.index(host, 0, host.length, 17);
  }

  /** The keyed hash of the table of hosts. */
  @Benchmark
  public long hashSip() {
    return sip.hash(host, 0, host.length);
  }
}
