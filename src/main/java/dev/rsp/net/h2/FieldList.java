// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map.Entry;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one block in order, for Netty's encoder, which only goes through them: two arrays
 * that are used again, where Netty's own list makes an object and a hash for each field.
 */
final class FieldList extends DefaultHttp2Headers {
  /** Most responses have fewer. */
  private static final int FIELDS = 16;

  private @Nullable AsciiString[] texts = new AsciiString[2 * FIELDS];
  private int used;
  private final Cursor cursor = new Cursor();

  FieldList() {
    super(false, false, 2); // the smallest table of Netty's own: it stays empty
  }

  /** Adds a field, whose texts do not change while it is in the list. */
  void append(AsciiString name, AsciiString value) {
    if (used == texts.length) {
      texts = Arrays.copyOf(texts, 2 * used);
    }
    texts[used++] = name;
    texts[used++] = value;
  }

  @Override
  public Http2Headers clear() {
    Arrays.fill(texts, 0, used, null);
    used = 0;
    return this;
  }

  /** One at a time; its fields are good until it goes on. */
  @Override
  public Iterator<Entry<CharSequence, CharSequence>> iterator() {
    cursor.next = 0;
    return cursor;
  }

  /** Goes through the fields, and is the current one. */
  private final class Cursor
      implements Iterator<Entry<CharSequence, CharSequence>>, Entry<CharSequence, CharSequence> {
    private int next;

    @Override
    public boolean hasNext() {
      return next < used;
    }

    @Override
    public Entry<CharSequence, CharSequence> next() {
      if (next == used) {
        throw new NoSuchElementException();
      }
      next += 2;
      return this;
    }

    @Override
    public CharSequence getKey() {
      return Objects.requireNonNull(texts[next - 2]);
    }

    @Override
    public CharSequence getValue() {
      return Objects.requireNonNull(texts[next - 1]);
    }

    @Override
    public CharSequence setValue(CharSequence value) {
      throw new UnsupportedOperationException();
    }
  }
}
