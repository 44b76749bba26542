// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.ClientStream;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Exchange;
import dev.rsp.exchange.Service;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.net.ReadBuffers;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client connection that carries many exchanges at a time, each on a stream of its own, as one of
 * HTTP/2 would. It has no wire: a test says what comes on a stream, and looks at what goes out.
 */
final class MultiplexedClient {
  private final Worker worker;
  private final Hop hop = new Hop("http", null, () -> null);
  private final RequestHead head = new RequestHead();
  private final List<Stream> streams = new ArrayList<>();

  /** A connection to the proxy of a rig. */
  MultiplexedClient(EmbeddedRig rig) {
    this.worker = rig.loop();
  }

  /** A new stream, on which nothing has come yet. */
  Stream open() {
    var stream = new Stream();
    streams.add(stream);
    return stream;
  }

  /** All streams, in the order in which they were opened. */
  List<Stream> streams() {
    return streams;
  }

  /** One request and its response. */
  final class Stream implements ClientStream {
    private final Exchange exchange = new Exchange(worker.state(), worker.backends(), this, hop);
    private final StringBuilder content = new StringBuilder();
    private final StringBuilder trailers = new StringBuilder();
    private int status;
    private @Nullable BodyKind kind;
    private @Nullable Ending ending;
    private boolean reading = true;
    private boolean awaitsResponse;

    /** How many bytes of content the client takes; it may get one read more. */
    private long window = Long.MAX_VALUE;

    /** A whole request without a body. */
    void get(String host, String path) {
      begin("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", BodyKind.LENGTH, true);
    }

    /** The head of a request whose content follows, of a length that it does not say. */
    void post(String host, String path) {
      String lines = "POST %s HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n";
      begin(lines.formatted(path, host), BodyKind.CONTENT, false);
    }

    private void begin(String text, BodyKind form, boolean last) {
      Service service = worker.state().service();
      ByteBuf bytes = buffer(text);
      assertEquals(Parsed.DONE, service.terms.parser.request(bytes, head));
      bytes.release();
      exchange.begin(head, form, buffer(""), last, null);
    }

    /** More of the content comes. */
    void send(String text, boolean last) {
      exchange.requestBody(buffer(text), last);
    }

    /** The client resets the stream. */
    void reset() {
      end(Ending.CLIENT_GONE_READING);
      exchange.abandon();
    }

    /** The client takes so many bytes more. */
    void takes(long bytes) {
      window = bytes;
      if (bytes > 0) {
        exchange.clientWritable();
      } else {
        exchange.clientFull();
      }
    }

    private ByteBuf buffer(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      return worker.net().allocator().directBuffer(bytes.length + 1).writeBytes(bytes);
    }

    private void end(Ending how) {
      assertNull(ending, "the exchange ended twice");
      ending = how;
      worker.counters().count(how);
    }

    @Override
    public void trailers(Trailers fields) {
      trailers.append(fields.fields());
    }

    /** The fields behind the content. */
    String trailers() {
      return trailers.toString();
    }

    // What the client has got ---------------------------------------------------------------------

    int status() {
      return status;
    }

    /** All content that has come. */
    String content() {
      return content.toString();
    }

    /** How the exchange ended; null if it goes on. */
    @Nullable Ending ending() {
      return ending;
    }

    /** Whether more of the request is wanted for now. */
    boolean isRead() {
      return reading;
    }

    /** Whether the request was complete, and the response is awaited. */
    boolean awaitsResponse() {
      return awaitsResponse;
    }

    // What the exchange says ----------------------------------------------------------------------

    private void take(ByteBuf bytes, boolean last) {
      content.append(bytes.toString(StandardCharsets.ISO_8859_1));
      window -= bytes.readableBytes();
      bytes.release();
      if (last) {
        end(Ending.SERVED);
      }
    }

    /** Like HTTP/2, which has frames of its own. */
    @Override
    public boolean takesChunks() {
      return false;
    }

    @Override
    public boolean takesInterim() {
      return true;
    }

    @Override
    public void backendProgresses() {}

    @Override
    public void interim(ResponseHead response) {
      content.append('(').append(response.status()).append(')');
    }

    @Override
    public void respond(ResponseHead response, BodyKind form, ByteBuf body, boolean last) {
      status = response.status();
      kind = form;
      take(body, last);
    }

    @Override
    public void body(ByteBuf bytes, boolean last) {
      assertEquals(kind, kind == null ? BodyKind.LENGTH : kind, "content before a head");
      take(bytes, last);
    }

    @Override
    public void startTunnel(ResponseHead response, ByteBuf bytes) {
      bytes.release();
      throw new AssertionError("a tunnel that was not asked for");
    }

    @Override
    public void refuse(Refusal refusal, Ending how) {
      status = refusal.status();
      end(how);
    }

    @Override
    public void cut(Ending how) {
      end(how);
    }

    @Override
    public void fail() {
      end(Ending.FAILED);
      exchange.abandon();
    }

    @Override
    public void tunnelHalfClosed() {
      throw new AssertionError("a tunnel that was not asked for");
    }

    @Override
    public void tunnelClosed() {
      throw new AssertionError("a tunnel that was not asked for");
    }

    @Override
    public boolean writable() {
      return window > 0;
    }

    @Override
    public int mostReadBytes() {
      return ReadBuffers.SMALL_BYTES;
    }

    @Override
    public void setReading(boolean on) {
      reading = on;
    }

    @Override
    public void awaitBody() {
      awaitsResponse = false;
    }

    @Override
    public void awaitResponse() {
      awaitsResponse = true;
    }
  }
}
