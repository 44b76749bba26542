// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaInteger;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The entries of a script's table: a list of the keys 1 to n, and the other entries in the order in
 * which they were added.
 *
 * <p>No operation takes long, whatever the table holds: it grows by pages and, as in linear hashing
 * (Litwin, "Linear hashing: a new tool for file and table addressing", 1980), by one chain at a
 * time, so that there is no moment at which all entries move. Searching for the next entry, and for
 * the length, is charged by the places that it looks at.
 */
final class TableEntries {
  private static final int PAGE_BITS = 8;
  private static final int PAGE = 1 << PAGE_BITS;
  private static final int IN_PAGE = PAGE - 1;
  private static final int FIRST_CAPACITY = 4;

  /** The end of a chain, or no place. Places are counted from 0. */
  private static final int NONE = -1;

  /** A place that is not in the list of those to reuse. */
  private static final int NOT_LISTED = -2;

  /** Entries of the hash that move to the list at a time, when the list reaches their keys. */
  private static final int MOVES = 2;

  /** Removed entries that are looked at for a place to reuse. */
  private static final int TRIES = 4;

  /**
   * A table without entries: two objects of some fields, and the headers of its arrays. More than
   * the {@link Meter} charges, because most tables are garbage soon.
   */
  private static final int TABLE_BYTES = 192;

  /** A place for an entry: up to two references and four numbers. */
  static final int PLACE_BYTES = 32;

  private static final Page[] NO_PAGES = {};
  private static final LuaValue[][] NO_LISTS = {};
  private static final int[][] NO_HEADS = {};

  private LuaValue[][] list = NO_LISTS;
  private int listSize;

  private Page[] pages = NO_PAGES;
  private int used;
  private int live;

  /** No entry before this place is present. */
  private int firstLive;

  private boolean frozen;

  /** The head of the list of removed entries, whose places are reused for new keys. */
  private int removed = NONE;

  private int[][] heads = NO_HEADS;
  private int chains;

  /** The value of a key; nil if there is none. */
  LuaValue get(LuaValue key) {
    if (key.isinttype()) {
      return get(key.toint());
    }
    return live == 0 ? LuaValue.NIL : valueAt(find(key, KeyHash.of(key)));
  }

  /** The value of an integer key. */
  LuaValue get(int key) {
    if (key > 0 && key <= listSize) {
      return present(list[(key - 1) >> PAGE_BITS][(key - 1) & IN_PAGE]);
    }
    return live == 0 ? LuaValue.NIL : valueAt(find(LuaInteger.valueOf(key), KeyHash.of(key)));
  }

  /** Sets the value of a key that is neither nil nor NaN; nil removes it. */
  void set(LuaValue key, LuaValue value) {
    if (key.isinttype()) {
      set(key.toint(), value);
    } else {
      setHashed(key, KeyHash.of(key), value);
    }
  }

  /** Sets the value of an integer key. */
  void set(int key, LuaValue value) {
    if (key > 0 && key <= listSize) {
      list[(key - 1) >> PAGE_BITS][(key - 1) & IN_PAGE] = value.isnil() ? null : value;
      return;
    }
    LuaValue boxed = LuaInteger.valueOf(key);
    int hash = KeyHash.of(key);
    int place = used == 0 ? NONE : find(boxed, hash);
    if (place != NONE && valueOrNull(place) != null) {
      setHashed(boxed, hash, value);
    } else if (!value.isnil()) {
      if (key == listSize + 1) {
        append(value);
        takeOver();
      } else {
        setHashed(boxed, hash, value);
      }
    }
  }

  /** Makes room for the keys 1 to n, as a constructor does; their values may be missing. */
  void presize(int n) {
    while (listSize < n) {
      LuaValue known = live == 0 ? LuaValue.NIL : get(listSize + 1);
      if (!known.isnil()) {
        setHashed(LuaInteger.valueOf(listSize + 1), KeyHash.of(listSize + 1), LuaValue.NIL);
      }
      append(known);
    }
  }

  /** A border, as C Lua finds it: a key n with a value, so that n + 1 has none; or 0. */
  int length() {
    int low = 0;
    long high = listSize;
    if (listSize == 0 || !get(listSize).isnil()) {
      if (live == 0) {
        return listSize;
      }
      low = listSize;
      high = listSize + 1L;
      while (high <= Integer.MAX_VALUE && !get((int) high).isnil()) {
        work(2);
        low = (int) high;
        high *= 2;
      }
      high = Math.min(high, Integer.MAX_VALUE);
    }
    while (high - low > 1) {
      work(1);
      int middle = (int) ((low + high) / 2);
      if (get(middle).isnil()) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return low;
  }

  /**
   * The entry after a key, for {@code next}: the key and its value.
   *
   * @return nil after the last entry; null if there is no such key
   */
  @Nullable Varargs next(LuaValue key) {
    int at = 0;
    if (!key.isnil()) {
      int index = key.isinttype() ? key.toint() : 0;
      if (index > 0 && index <= listSize) {
        at = index;
      } else {
        int place = used == 0 ? NONE : find(key, KeyHash.of(key));
        return place == NONE ? null : hashedFrom(place + 1);
      }
    }
    int start = at;
    for (; at < listSize; at++) {
      LuaValue value = list[at >> PAGE_BITS][at & IN_PAGE];
      if (value != null) {
        work((at - start) / 8);
        return LuaValue.varargsOf(LuaInteger.valueOf(at + 1), value);
      }
      if (at - start == PAGE) {
        work(PAGE / 8);
        start = at;
      }
    }
    return hashedFrom(0);
  }

  /**
   * From now on, several threads may read at the same time: no reading changes anything. The caller
   * changes nothing either.
   */
  void freeze() {
    hashedFrom(0);
    frozen = true;
  }

  /** How many keys from 1 are in the list, present or not. */
  int listSize() {
    return listSize;
  }

  /** How many places have been used, for {@link #keyOf} and {@link #valueOf}; never fewer. */
  int places() {
    return listSize + used;
  }

  /** The key at a place; its entry may have been removed. */
  LuaValue keyOf(int place) {
    if (place < listSize) {
      return LuaInteger.valueOf(place + 1);
    }
    int at = place - listSize;
    return pages[at >> PAGE_BITS].keys[at & IN_PAGE];
  }

  /** The value at a place; nil if its entry was removed. */
  LuaValue valueOf(int place) {
    if (place < listSize) {
      return present(list[place >> PAGE_BITS][place & IN_PAGE]);
    }
    return present(valueOrNull(place - listSize));
  }

  /** About how much heap the table takes, without its keys and values. */
  long bytes() {
    return TABLE_BYTES + (long) PLACE_BYTES * capacity();
  }

  /** Places for entries, used or not. */
  int capacity() {
    int capacity = pages.length == 0 ? 0 : (pages.length - 1) * PAGE + pages[0].values.length;
    return capacity + (list.length == 0 ? 0 : (list.length - 1) * PAGE + list[0].length);
  }

  private Varargs hashedFrom(int from) {
    int at = Math.max(from, firstLive);
    int start = at;
    for (; at < used; at++) {
      Page page = pages[at >> PAGE_BITS];
      LuaValue value = page.values[at & IN_PAGE];
      if (value != null) {
        break;
      }
      if (at - start == PAGE) {
        work(PAGE / 8);
        start = at;
      }
    }
    work((at - start) / 8);
    if (from <= firstLive && !frozen) {
      firstLive = at;
    }
    if (at == used) {
      return LuaValue.NIL;
    }
    Page page = pages[at >> PAGE_BITS];
    return LuaValue.varargsOf(page.key(at), present(page.values[at & IN_PAGE]));
  }

  private void setHashed(LuaValue key, int hash, LuaValue value) {
    int place = used == 0 ? NONE : find(key, hash);
    if (value.isnil()) {
      if (place != NONE) {
        remove(place);
      }
      return;
    }
    if (place == NONE) {
      place = add(key, hash);
    }
    Page page = pages[place >> PAGE_BITS];
    if (page.values[place & IN_PAGE] == null) {
      live++;
      firstLive = Math.min(firstLive, place);
    }
    page.values[place & IN_PAGE] = value;
  }

  /** The key stays in its chain, so that a traversal can go on from it. */
  private void remove(int place) {
    Page page = pages[place >> PAGE_BITS];
    int at = place & IN_PAGE;
    if (page.values[at] != null) {
      page.values[at] = null;
      live--;
      if (page.reuse[at] == NOT_LISTED) {
        page.reuse[at] = removed;
        removed = place;
      }
    }
  }

  private int find(LuaValue key, int hash) {
    int place = heads[chain(hash) >> PAGE_BITS][chain(hash) & IN_PAGE] - 1;
    while (place != NONE) {
      Page page = pages[place >> PAGE_BITS];
      int at = place & IN_PAGE;
      if (page.hashes[at] == hash && key.raweq(page.keys[at])) {
        return place;
      }
      place = page.next[at];
    }
    return NONE;
  }

  /** The chain of a hash: half of the chains of the next power of two may not exist yet. */
  private int chain(int hash) {
    int mask = Integer.highestOneBit(chains) * 2 - 1;
    int chain = hash & mask;
    return chain < chains ? chain : hash & (mask >> 1);
  }

  private int add(LuaValue key, int hash) {
    int place = reused();
    if (place == NONE) {
      place = used++;
      growPages(place);
      growChains();
    }
    Page page = pages[place >> PAGE_BITS];
    int at = place & IN_PAGE;
    page.keys[at] = key;
    page.hashes[at] = hash;
    page.reuse[at] = NOT_LISTED;
    int chain = chain(hash);
    page.next[at] = heads[chain >> PAGE_BITS][chain & IN_PAGE] - 1;
    heads[chain >> PAGE_BITS][chain & IN_PAGE] = place + 1;
    return place;
  }

  /** Takes the place of a removed entry. A new key ends every traversal, so no key is needed. */
  private int reused() {
    for (int i = 0; i < TRIES && removed != NONE; i++) {
      int place = removed;
      Page page = pages[place >> PAGE_BITS];
      int at = place & IN_PAGE;
      removed = page.reuse[at];
      page.reuse[at] = NOT_LISTED;
      if (page.values[at] == null) {
        unlink(place, page.hashes[at]);
        return place;
      }
    }
    return NONE;
  }

  private void unlink(int place, int hash) {
    int chain = chain(hash);
    int[] chainHeads = heads[chain >> PAGE_BITS];
    int next = pages[place >> PAGE_BITS].next[place & IN_PAGE];
    int at = chainHeads[chain & IN_PAGE] - 1;
    if (at == place) {
      chainHeads[chain & IN_PAGE] = next + 1;
      return;
    }
    while (true) {
      Page page = pages[at >> PAGE_BITS];
      if (page.next[at & IN_PAGE] == place) {
        page.next[at & IN_PAGE] = next;
        return;
      }
      at = page.next[at & IN_PAGE];
    }
  }

  /** Adds a chain, and moves to it the entries of the one chain that it halves. */
  private void growChains() {
    int page = chains >> PAGE_BITS;
    if (chains == 0) {
      heads = new int[][] {new int[FIRST_CAPACITY]};
    } else if (page == heads.length) {
      heads = Arrays.copyOf(heads, heads.length * 2);
    } else if (page == 0 && chains == heads[0].length) {
      heads[0] = Arrays.copyOf(heads[0], chains * 2);
    }
    if (heads[page] == null) {
      heads[page] = new int[PAGE];
    }
    int added = chains++;
    if (added == 0) {
      return;
    }
    int halved = added - Integer.highestOneBit(added);
    int place = heads[halved >> PAGE_BITS][halved & IN_PAGE] - 1;
    int stay = NONE;
    int move = NONE;
    while (place != NONE) {
      Page entries = pages[place >> PAGE_BITS];
      int at = place & IN_PAGE;
      int next = entries.next[at];
      if (chain(entries.hashes[at]) == added) {
        entries.next[at] = move;
        move = place;
      } else {
        entries.next[at] = stay;
        stay = place;
      }
      place = next;
    }
    heads[halved >> PAGE_BITS][halved & IN_PAGE] = stay + 1;
    heads[page][added & IN_PAGE] = move + 1;
  }

  private void growPages(int place) {
    int page = place >> PAGE_BITS;
    if (pages.length == 0) {
      pages = new Page[] {new Page(FIRST_CAPACITY)};
    } else if (page == 0) {
      pages[0].growTo(place);
    } else if ((place & IN_PAGE) == 0) {
      pages = page == pages.length ? Arrays.copyOf(pages, page + 1 + page / 2) : pages;
      pages[page] = new Page(PAGE);
    }
  }

  private void append(LuaValue value) {
    int page = listSize >> PAGE_BITS;
    int at = listSize & IN_PAGE;
    if (list.length == 0) {
      list = new LuaValue[][] {new LuaValue[FIRST_CAPACITY]};
    } else if (page == 0 && at == list[0].length) {
      list[0] = Arrays.copyOf(list[0], at * 2);
    } else if (page > 0 && at == 0) {
      list = page == list.length ? Arrays.copyOf(list, page + 1 + page / 2) : list;
      list[page] = new LuaValue[PAGE];
    }
    list[page][at] = value.isnil() ? null : value;
    listSize++;
  }

  /** Moves entries of the hash whose keys follow the list. */
  private void takeOver() {
    for (int i = 0; i < MOVES && live > 0; i++) {
      int key = listSize + 1;
      int place = find(LuaInteger.valueOf(key), KeyHash.of(key));
      LuaValue value = place == NONE ? null : valueOrNull(place);
      if (value == null) {
        return;
      }
      remove(place);
      append(value);
    }
  }

  private LuaValue valueAt(int place) {
    return place == NONE ? LuaValue.NIL : present(valueOrNull(place));
  }

  private @Nullable LuaValue valueOrNull(int place) {
    return pages[place >> PAGE_BITS].values[place & IN_PAGE];
  }

  private static LuaValue present(@Nullable LuaValue value) {
    return value == null ? LuaValue.NIL : value;
  }

  /** Charges the running script, if one runs. */
  private static void work(int instructions) {
    if (instructions > 0) {
      Meter.chargeCurrent(instructions);
    }
  }

  /** Some places for entries; a null value is an entry that was removed. */
  private static final class Page {
    private LuaValue[] keys;
    private @Nullable LuaValue[] values;
    private int[] hashes;
    private int[] next;
    private int[] reuse;

    Page(int capacity) {
      keys = new LuaValue[capacity];
      values = new LuaValue[capacity];
      hashes = new int[capacity];
      next = new int[capacity];
      reuse = new int[capacity];
    }

    LuaValue key(int place) {
      return keys[place & IN_PAGE];
    }

    void growTo(int place) {
      if (place == values.length) {
        int capacity = place * 2;
        keys = Arrays.copyOf(keys, capacity);
        values = Arrays.copyOf(values, capacity);
        hashes = Arrays.copyOf(hashes, capacity);
        next = Arrays.copyOf(next, capacity);
        reuse = Arrays.copyOf(reuse, capacity);
      }
    }
  }
}
