// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.client.h2.Http2Counters.Event;
import dev.rsp.config.Config;
import dev.rsp.fuzz.Check;
import dev.rsp.referee.End;
import dev.rsp.referee.Message;
import dev.rsp.referee.Referee;
import dev.rsp.worker.Steps.Step;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2 that sends any fields, content and frames, and backends that answer with any
 * bytes, in any order. Whatever they do: backends get sound HTTP/1.1, each request has the line,
 * the mark and the content of one stream, what the client gets is sound HTTP/2, each stream has one
 * ending, nothing is left, no error is logged, and the next client gets its own answer.
 *
 * <p>The input is text as that of {@link Steps}, with these letters; a line feed at the end of a
 * step is left out. A stream is one character: 0 is the connection, 1 the first stream.
 *
 * <pre>
 * &#64;n &#64;v      a name; the value for it
 * &#64;H        HEADERS with these: the stream, and the flags: e ends it, p pads, c makes two frames
 * &#64;D        DATA: the stream, e, p or -, and the content
 * &#64;R &#64;W &#64;S  RST_STREAM: the stream; WINDOW_UPDATE: stream=octets; SETTINGS: number=value
 * &#64;X        bytes as they are
 * &#64;F &#64;K      the client ends its side; breaks the connection
 * &#64;b &#64;f &#64;r   the backend that was last asked sends bytes; ends; breaks the connection
 * &#64;t &#64;g      time passes; the proxy drains
 * </pre>
 */
public final class Http2Fuzz {
  private static final String LETTERS = "nvHDRWSXFKbfrtgx";

  /** A request takes some ten. */
  private static final int MAX_STEPS = 120;

  /** The field by which a request is known at the backend. */
  private static final String MARK = "x-mark";

  /** A request that was sent over a connection that has served before is sent once more. */
  private static final int MOST_TIMES = 2;

  private static final int PADDING_BYTES = 3;
  private static final int STEP_MILLIS = 500;
  private static final String SWITCHED = " 101";
  private static final Config CONFIG = config();

  private final byte[] data;
  private final EmbeddedRig rig;
  private final Http2Peer client;
  private final Http2Referee referee = new Http2Referee();
  private final List<Backend> backends = new ArrayList<>();
  private final List<String> waiting = new ArrayList<>();
  private final List<Request> requests = new ArrayList<>();
  private final Map<Integer, Request> byStream = new HashMap<>();
  private final List<String> fields = new ArrayList<>();
  private @Nullable Backend asked;
  private boolean hasRaw;
  private boolean drained;

  /** A request as the client meant it. */
  private static final class Request {
    private final @Nullable String line;
    private final StringBuilder content = new StringBuilder();
    private int times;

    Request(@Nullable String line) {
      this.line = line;
    }
  }

  /** A backend's end of a connection, and what came and went on it. */
  private static final class Backend {
    private final EmbeddedPeer peer;
    private final StringBuilder received = new StringBuilder();
    private boolean switched;

    Backend(EmbeddedPeer peer) {
      this.peer = peer;
    }

    void send(String text) {
      switched |= text.contains(SWITCHED);
      peer.send(text);
    }

    boolean read() {
      String taken = peer.take();
      received.append(taken);
      return !taken.isEmpty();
    }
  }

  private Http2Fuzz(byte[] data, EmbeddedRig rig) {
    this.data = data;
    this.rig = rig;
    this.client = Http2Peer.silent(rig);
  }

  private static Config config() {
    try {
      return EmbeddedRig.config();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** One input. The name is what fuzzers look for. */
  public static void fuzzerTestOneInput(byte[] data) {
    try (EmbeddedRig rig = new EmbeddedRig(CONFIG)) {
      rig.leaveBackendsUnjudged(); // here they are, with what is known of the streams
      var exchange = new Http2Fuzz(data, rig);
      exchange.play();
      exchange.judge();
      if (!exchange.drained) {
        exchange.probe();
      }
      rig.leave();
      rig.acceptEndings();
    } catch (dev.rsp.lua.ScriptException e) {
      throw new IllegalStateException(e);
    }
  }

  private void play() {
    client.send(Http2Peer.PREFACE);
    client.settings();
    for (Step step : Steps.of(data, LETTERS, MAX_STEPS).steps()) {
      String text = step.text();
      run(step.letter(), text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
      if (!step.follows()) {
        settle();
      }
    }
    settle();
  }

  private void run(char letter, String text) {
    switch (letter) {
      case 'n' -> {
        fields.add(text.equals(MARK) ? "x" : text);
        fields.add("");
      }
      case 'v' -> {
        if (!fields.isEmpty()) {
          fields.set(fields.size() - 1, text);
        }
      }
      case 'H' -> headers(stream(text), text);
      case 'D' -> data(stream(text), text);
      case 'R' -> client.reset(stream(text));
      case 'W' -> {
        read();
        int octets = number(text);
        client.windowUpdate(stream(text), octets);
        referee.opened(stream(text), octets);
      }
      case 'S' -> {
        read();
        int id = stream(text) == 0 ? 0 : (stream(text) + 1) / 2;
        client.settings(id, number(text));
        referee.setting(id, number(text) & 0xffffffffL);
      }
      case 'X' -> raw(text);
      case 'F' -> client.peer().end();
      case 'K' -> client.peer().reset();
      case 'b' -> {
        if (asked == null) {
          waiting.add(text);
        } else {
          asked.send(text);
        }
      }
      case 'f', 'r' -> endBackend(letter == 'f');
      case 't' -> rig.pass(STEP_MILLIS);
      case 'g' -> {
        drained = true;
        rig.loop().drain();
      }
      default -> {
        // "x" says something of the step before it
      }
    }
  }

  private void endBackend(boolean well) {
    Backend backend = asked;
    if (backend != null && well) {
      backend.peer.end();
    } else if (backend != null) {
      backend.peer.reset();
    }
  }

  private void raw(String text) {
    hasRaw = true;
    referee.loseSight();
    client.send(text);
  }

  /** 0, or the number of the stream that a character stands for. */
  private static int stream(String text) {
    int number = text.isEmpty() ? 1 : text.charAt(0) - '0';
    return number <= 0 ? 0 : 2 * number - 1;
  }

  /** What stands behind the equals sign. */
  private static int number(String text) {
    try {
      return Integer.parseInt(text.substring(text.indexOf('=') + 1));
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  private void headers(int stream, String text) {
    fields.add(MARK);
    fields.add(String.valueOf(requests.size()));
    String[] list = fields.toArray(String[]::new);
    fields.clear();
    if (!byStream.containsKey(stream)) {
      Request request = new Request(line(list));
      requests.add(request);
      byStream.put(stream, request);
    }
    referee.asked(stream, !"HEAD".equals(value(list, ":method")));
    byte[] block = client.block(list);
    int flags = text.contains("e") ? Http2Peer.END_STREAM : 0;
    if (text.contains("p")) {
      client.frame(
          Http2Peer.HEADERS,
          flags | Http2Peer.PADDED | Http2Peer.END_HEADERS,
          stream,
          padded(block));
    } else if (text.contains("c")) {
      int half = block.length / 2;
      client.frame(Http2Peer.HEADERS, flags, stream, Arrays.copyOf(block, half));
      client.frame(
          Http2Peer.CONTINUATION,
          Http2Peer.END_HEADERS,
          stream,
          Arrays.copyOfRange(block, half, block.length));
    } else {
      client.frame(Http2Peer.HEADERS, flags | Http2Peer.END_HEADERS, stream, block);
    }
  }

  private static byte[] padded(byte[] payload) {
    var out = new ByteArrayOutputStream();
    out.write(PADDING_BYTES);
    out.writeBytes(payload);
    out.writeBytes(new byte[PADDING_BYTES]);
    return out.toByteArray();
  }

  /** The request line that a backend must get; null for a tunnel, which has another. */
  private static @Nullable String line(String[] list) {
    return value(list, ":protocol") != null
        ? null
        : value(list, ":method") + " " + value(list, ":path") + " HTTP/1.1";
  }

  private static @Nullable String value(String[] list, String name) {
    for (int i = 0; i < list.length; i += 2) {
      if (list[i].equals(name)) {
        return list[i + 1];
      }
    }
    return null;
  }

  private void data(int stream, String text) {
    String content = text.length() > 2 ? text.substring(2) : "";
    char flag = text.length() > 1 ? text.charAt(1) : '-';
    Request request = byStream.get(stream);
    if (request != null) {
      request.content.append(content);
    }
    referee.touched(stream);
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    if (flag == 'p') {
      client.frame(Http2Peer.DATA, Http2Peer.PADDED, stream, padded(bytes));
    } else {
      client.frame(Http2Peer.DATA, flag == 'e' ? Http2Peer.END_STREAM : 0, stream, bytes);
    }
  }

  private void read() {
    referee.read(client.peer().take());
  }

  /** Lets the loop do all that what has happened so far brings about. */
  private void settle() {
    boolean progress = true;
    while (progress) {
      progress = false;
      for (EmbeddedPeer peer = rig.backendIfAsked(); peer != null; peer = rig.backendIfAsked()) {
        Backend backend = new Backend(peer);
        backends.add(backend);
        asked = backend;
        waiting.forEach(backend::send);
        waiting.clear();
        progress = true;
      }
      for (Backend backend : backends) {
        if (backend.read()) {
          asked = backend;
          progress = true;
        }
      }
    }
    read();
  }

  private void judge() {
    rig.leave();
    settle();
    if (rig.ended() < rig.loop().http2().get(Event.STREAM)) {
      // A client that has ended its side before is not missed until its response comes.
      backends.forEach(backend -> backend.peer.end());
      settle();
    }
    Check.that(
        referee.violation() == null, () -> "to the client: " + referee.violation() + shown());
    for (Backend backend : backends) {
      var verdict = Referee.requests(backend.received.toString(), End.UNSEEN, backend.switched);
      Check.that(
          verdict.violation() == null, () -> "to the backend: " + verdict.violation() + shown());
      verdict.messages().forEach(this::judge);
    }
    Check.same("endings", rig.loop().http2().get(Event.STREAM), rig.ended(), data);
    rig.acceptEndings();
  }

  private void judge(Message message) {
    List<String> marks = new ArrayList<>();
    message
        .fields()
        .forEach(
            field -> {
              if (field.name().equalsIgnoreCase(MARK)) {
                marks.add(field.value());
              }
            });
    if (hasRaw) {
      return;
    }
    Check.that(marks.size() == 1, () -> "marks " + marks + shown());
    Request request = requests.get(Integer.parseInt(marks.get(0)));
    Check.that(++request.times <= MOST_TIMES, () -> "sent too often: " + marks + shown());
    if (request.line != null) {
      Check.same("line", request.line, message.startLine(), data);
      Check.that(
          request.content.toString().startsWith(message.body()),
          () -> "content of another stream: " + message.body() + shown());
    }
  }

  /** The next client gets its own answer, whatever connection it is asked on. */
  private void probe() {
    Http2Peer next = Http2Peer.of(rig);
    waiting.clear();
    int[] heard = backends.stream().mapToInt(backend -> backend.received.length()).toArray();
    next.get(1, "a", "/probe");
    settle();
    Backend probed = null;
    for (int i = 0; i < backends.size(); i++) {
      int from = i < heard.length ? heard[i] : 0;
      if (backends.get(i).received.substring(from).startsWith("GET /probe ")) {
        probed = backends.get(i);
      }
    }
    Check.that(probed != null, () -> "nobody is asked" + shown());
    if (probed != null) {
      probed.send(Messages.ok("probe"));
    }
    List<String> frames = next.frames();
    Check.that(
        frames.contains("DATA 1 probe END") && frames.get(0).startsWith("HEADERS 1 :status=200 "),
        () -> "the next client got " + frames + shown());
  }

  private String shown() {
    var text = new StringBuilder("\n").append(Check.shown(data));
    for (Backend backend : backends) {
      text.append("\n--- backend received:\n").append(backend.received);
    }
    return text.toString();
  }
}
