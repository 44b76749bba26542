// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The hash tables of one list of names, each built at its first use. Thread-safe: while one thread
 * builds a table, others that need it block. With large weights or many names this takes about 50
 * ms, so request tables in advance if event loops need them.
 */
public final class SlotTables {
  private final List<Weighted> all;
  private final Map<String, Integer> indexes = new HashMap<>();
  private volatile @Nullable Rendezvous rendezvous;
  private volatile @Nullable BoundedLoad bounded;
  private volatile @Nullable Ring ring;
  private volatile @Nullable Maglev maglev;

  /** Creates the tables of a list; the tables' constructors document invalid lists. */
  public SlotTables(List<Weighted> all) {
    this.all = List.copyOf(all);
    for (Weighted one : all) {
      indexes.put(one.name(), indexes.size() + 1);
    }
  }

  /** Number of names. */
  public int count() {
    return all.size();
  }

  /** The index of a name in the list, from 1; 0 if it is not in the list. */
  public int index(String name) {
    return indexes.getOrDefault(name, 0);
  }

  /** The rendezvous table. */
  public Rendezvous rendezvous() {
    Rendezvous made = rendezvous;
    return made != null ? made : buildRendezvous();
  }

  /** The table for bounded loads. */
  public BoundedLoad bounded() {
    BoundedLoad made = bounded;
    return made != null ? made : buildBounded();
  }

  /** The ring. */
  public Ring ring() {
    Ring made = ring;
    return made != null ? made : buildRing();
  }

  /** The Maglev table. */
  public Maglev maglev() {
    Maglev made = maglev;
    return made != null ? made : buildMaglev();
  }

  /** Names of the tables that have been built. */
  public Set<String> built() {
    Set<String> made = new TreeSet<>();
    add(made, "rendezvous", rendezvous);
    add(made, "bounded", bounded);
    add(made, "ring", ring);
    add(made, "maglev", maglev);
    return made;
  }

  private static void add(Set<String> made, String name, @Nullable Object table) {
    if (table != null) {
      made.add(name);
    }
  }

  private synchronized Rendezvous buildRendezvous() {
    Rendezvous made = rendezvous;
    if (made == null) {
      made = new Rendezvous(all);
      rendezvous = made;
    }
    return made;
  }

  private synchronized BoundedLoad buildBounded() {
    BoundedLoad made = bounded;
    if (made == null) {
      made = new BoundedLoad(all, rendezvous());
      bounded = made;
    }
    return made;
  }

  private synchronized Ring buildRing() {
    Ring made = ring;
    if (made == null) {
      made = new Ring(all);
      ring = made;
    }
    return made;
  }

  private synchronized Maglev buildMaglev() {
    Maglev made = maglev;
    if (made == null) {
      made = new Maglev(all);
      maglev = made;
    }
    return made;
  }
}
