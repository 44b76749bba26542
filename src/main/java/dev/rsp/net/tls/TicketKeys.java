// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslSessionTicketKey;
import io.netty.handler.ssl.SslContext;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The keys that encrypt session tickets (RFC 5077, RFC 8446 §4.6.1): the newest seals new tickets,
 * and all open those that clients bring. The same on all loops and for all certificates. Any
 * thread.
 */
public final class TicketKeys {
  /** A name of 16 bytes, a key for HMAC and one for AES: nginx's ssl_session_ticket_key, 48. */
  static final int KEY_BYTES = OpenSslSessionTicketKey.TICKET_KEY_SIZE;

  /** How many are kept. With a new one every {@link #ROTATION_SECONDS} a ticket lives that long. */
  static final int MOST_KEYS = 3;

  /** A stolen key opens the sessions of so long, unless they used forward secrecy as in TLS 1.3. */
  public static final int ROTATION_SECONDS = 12 * 3600;

  /** How long a client may resume: while its key is surely among those that are kept. */
  static final int LIFETIME_SECONDS = (MOST_KEYS - 1) * ROTATION_SECONDS;

  private volatile State state;

  @SuppressWarnings("ArrayRecordComponent") // it is never compared
  private record State(long generation, List<byte[]> keys, OpenSslSessionTicketKey[] native_) {}

  private TicketKeys(List<byte[]> keys) {
    this.state = stateOf(1, keys);
  }

  /** One random key. */
  public static TicketKeys random() {
    return new TicketKeys(List.of(newKey()));
  }

  /**
   * The keys of a file.
   *
   * @param newestFirst each of {@value #KEY_BYTES} bytes; at least one
   */
  static TicketKeys of(List<byte[]> newestFirst) {
    return new TicketKeys(newestFirst);
  }

  /** Uses a new key from now on, and forgets the oldest if there are too many. */
  public synchronized void rotate() {
    List<byte[]> keys = new ArrayList<>(state.keys);
    keys.add(0, newKey());
    use(keys);
  }

  /** Uses these keys from now on. */
  synchronized void use(List<byte[]> newestFirst) {
    List<byte[]> kept = newestFirst.subList(0, Math.min(MOST_KEYS, newestFirst.size()));
    state = stateOf(state.generation + 1, kept);
  }

  /** The keys, newest first. */
  List<byte[]> keys() {
    return state.keys;
  }

  /** Changes with each change of the keys. */
  long generation() {
    return state.generation;
  }

  /** Gives a context the keys of now. The JDK's TLS makes its own. */
  void applyTo(SslContext context) {
    if (context.sessionContext() instanceof OpenSslServerSessionContext sessions) {
      sessions.setTicketKeys(state.native_);
    }
  }

  private static byte[] newKey() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return key;
  }

  private static State stateOf(long generation, List<byte[]> keys) {
    List<byte[]> copy = keys.stream().map(byte[]::clone).toList();
    OpenSslSessionTicketKey[] parsed =
        copy.stream().map(TicketKeys::parsed).toArray(OpenSslSessionTicketKey[]::new);
    return new State(generation, copy, parsed);
  }

  private static OpenSslSessionTicketKey parsed(byte[] key) {
    int name = OpenSslSessionTicketKey.NAME_SIZE;
    int hmac = name + OpenSslSessionTicketKey.HMAC_KEY_SIZE;
    return new OpenSslSessionTicketKey(
        Arrays.copyOf(key, name),
        Arrays.copyOfRange(key, name, hmac),
        Arrays.copyOfRange(key, hmac, KEY_BYTES));
  }
}
