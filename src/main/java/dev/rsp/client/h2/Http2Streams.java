// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.ClientSocket;
import dev.rsp.client.Peer;
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadSize;
import dev.rsp.net.h2.ClosedStreams;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.OutgoingContent;
import dev.rsp.net.h2.SendQueue;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one connection: those that are open, with what they share of the connection, and
 * what is known of those that are closed (RFC 9113 §5.1). On the loop.
 */
final class Http2Streams {
  /**
   * The window of the connection: what a client 100 ms away needs for 10 MB/s. Nothing is held for
   * it. As much more than their first windows may be held for all its streams together.
   */
  static final int WINDOW_BYTES = 1 << 20;

  /** The connection of the streams. */
  interface Owner {
    /** No stream is open any more. */
    void allClosed();

    /** Ends the connection at once, and its exchanges as failed: the caller has logged why. */
    void fail();

    /** The same after an unexpected exception, which is logged. */
    void failed(Throwable cause);
  }

  private final Http2Resources shared;
  private final Backends backends;
  private final NetLoop net;
  private final Peer peer;
  private final ClientSocket socket;
  private final FrameOutput output;
  private final ResponseWriter responses;
  private final SendQueue sending;
  private final Owner owner;
  private final int most;

  private final IntObjectMap<Http2ClientStream> open = new IntObjectHashMap<>();
  private final ClosedStreams closed = new ClosedStreams();
  private final ReadSize size;

  /** Hops of streams that are closed, for others. */
  private final ArrayDeque<Hop> freeHops = new ArrayDeque<>(1);

  /** The highest stream that the client has opened. */
  private int last;

  /** Octets by which windows of streams may still grow. */
  private int spareWindow = WINDOW_BYTES - SendQueue.FIRST_WINDOW_BYTES;

  /**
   * No streams yet.
   *
   * @param sending shares out what the client takes on the connection
   * @param size of reads for the client
   */
  Http2Streams(
      Http2Resources shared,
      Peer peer,
      ClientSocket socket,
      FrameOutput output,
      SendQueue sending,
      ReadSize size,
      Owner owner) {
    LoopState loop = shared.loop;
    Terms terms = loop.terms();
    this.shared = shared;
    this.backends = shared.backends;
    this.net = loop.net();
    this.peer = peer;
    this.socket = socket;
    this.output = output;
    this.responses = new ResponseWriter(output, shared.responseFields, shared.date, peer.options());
    this.sending = sending;
    this.size = size;
    this.owner = owner;
    this.most = terms.limits.http2Streams();
  }

  // Open streams ---------------------------------------------------------------------------------

  /** How many may be open at a time. */
  int most() {
    return most;
  }

  boolean isFull() {
    return open.size() >= most;
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  /** An open stream; null if none has this number. */
  @Nullable Http2ClientStream get(int id) {
    return open.get(id);
  }

  /** All that are open, in a list of its own: each may close meanwhile. */
  List<Http2ClientStream> all() {
    return new ArrayList<>(open.values());
  }

  /**
   * Opens a stream.
   *
   * @param id as of {@link #isNew}
   * @param sendWindow octets of content that the client takes on it at first
   */
  Http2ClientStream open(int id, int sendWindow) {
    last = id;
    Hop hop = freeHops.isEmpty() ? newHop() : freeHops.pop();
    Http2ClientStream stream =
        new Http2ClientStream(id, this, shared, output, responses, hop, size, sendWindow);
    open.put(id, stream);
    return stream;
  }

  private Hop newHop() {
    Hop hop = peer.newHop();
    hop.overHttp2();
    return hop;
  }

  // Others ---------------------------------------------------------------------------------------

  /** The highest stream that the client has opened. */
  int last() {
    return last;
  }

  /** RFC 9113 §5.1.1: whether the client may open a stream with this number. */
  boolean isNew(int id) {
    return id > last && id % 2 == 1;
  }

  /** RFC 9113 §5.1: whether a stream was never opened. */
  boolean isIdle(int id) {
    return id > last || id % 2 == 0;
  }

  /** Whether rsp has reset a stream that is closed. */
  boolean wasReset(int id) {
    return closed.wasReset(id);
  }

  /** Whether a stream is closed that was not reset. */
  boolean hasEnded(int id) {
    return closed.hasEnded(id);
  }

  /** Resets a stream that is not open. */
  void reset(int id, int error) {
    if (isNew(id)) {
      last = id;
    }
    closed.add(id, true);
    output.reset(id, error);
  }

  // For each stream ------------------------------------------------------------------------------

  /** Content has something to send: as much of it as is possible is sent. */
  void send(OutgoingContent content) {
    sending.send(content);
  }

  /** Octets that the client takes on this connection. */
  long sendWindow() {
    return sending.window();
  }

  /**
   * The window of a stream grows.
   *
   * @param wanted octets
   * @return how many it gets, until it is closed
   */
  int takeSpareWindow(int wanted) {
    int octets = Math.min(wanted, spareWindow);
    spareWindow -= octets;
    return octets;
  }

  /** A stream is closed. */
  void closed(Http2ClientStream stream, boolean byReset) {
    open.remove(stream.id());
    spareWindow += stream.spareWindow();
    closed.add(stream.id(), byReset);
    sending.remove(stream.content());
    if (freeHops.size() < most) {
      freeHops.push(stream.hop());
    }
    if (open.isEmpty()) {
      owner.allClosed();
    }
  }

  /** Whether the client is read. */
  boolean reading() {
    return socket.reading();
  }

  /** Whether the connection is closed; as of {@link ClientSocket#closedOrGone}. */
  boolean closedOrGone() {
    return socket.closedOrGone();
  }

  /** As of {@link Owner#fail}. */
  void fail() {
    owner.fail();
  }

  /** As of {@link Owner#failed}. */
  void failed(Throwable cause) {
    owner.failed(cause);
  }

  // For all of them ------------------------------------------------------------------------------

  /** The socket takes more. */
  void drained() {
    sending.sendWaiting();
    if (output.writable()) {
      for (Http2ClientStream stream : all()) {
        stream.drained();
      }
    }
  }

  /** The client sends nothing more: requests that are complete are still answered. */
  void inputEnded() {
    for (Http2ClientStream stream : all()) {
      stream.inputEnded();
    }
  }

  /**
   * Ends all that are open.
   *
   * @param ending null for that of a client that has gone
   */
  void end(@Nullable Ending ending) {
    for (Http2ClientStream stream : all()) {
      net.guarded("a stream was not closed", () -> stream.connectionClosed(ending));
    }
  }

  /** The connection is closed, and no stream is open. */
  void close() {
    freeHops.forEach(backends::clientClosed);
  }

  /** The capacity of the buffers that they and their exchanges hold. */
  long heldBytes() {
    long bytes = 0;
    for (Http2ClientStream stream : open.values()) {
      bytes += stream.heldBytes();
    }
    return bytes;
  }

  /** Whether one of them holds a body until it is complete. */
  boolean holdBody() {
    for (Http2ClientStream stream : open.values()) {
      if (stream.holdsBody()) {
        return true;
      }
    }
    return false;
  }

  /** Octets that are not sent yet, in both directions. */
  long unsentBytes() {
    long bytes = 0;
    for (Http2ClientStream stream : open.values()) {
      bytes += stream.unsentBytes();
    }
    return bytes;
  }
}
