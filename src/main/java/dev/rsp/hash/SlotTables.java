// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one list of names, each made when it is first asked for. They are for all threads:
 * while one makes a table, the others that need it wait. Large weights or many names make that some
 * 50 ms, so that what event loops are going to need is better asked for before.
 */
public final class SlotTables {
  private final List<Weighted> all;
  private final Map<String, Integer> indexes = new HashMap<>();
  private volatile @Nullable Rendezvous rendezvous;
  private volatile @Nullable BoundedLoad bounded;
  private volatile @Nullable Ring ring;
  private volatile @Nullable Maglev maglev;

  /** Tables for a list; see their constructors for what it may not contain. */
  public SlotTables(List<Weighted> all) {
    this.all = List.copyOf(all);
    for (Weighted one : all) {
      indexes.put(one.name(), indexes.size() + 1);
    }
  }

  /** How many names there are. */
  public int count() {
    return all.size();
  }

  /** The place of a name in the list, from 1; 0 if it is not there. */
  public int index(String name) {
    return indexes.getOrDefault(name, 0);
  }

  /** The ranking of names by key. */
  public Rendezvous rendezvous() {
    Rendezvous made = rendezvous;
    return made != null ? made : makeRendezvous();
  }

  /** The ranking that looks at loads. */
  public BoundedLoad bounded() {
    BoundedLoad made = bounded;
    return made != null ? made : makeBounded();
  }

  /** The ring. */
  public Ring ring() {
    Ring made = ring;
    return made != null ? made : makeRing();
  }

  /** The Maglev table. */
  public Maglev maglev() {
    Maglev made = maglev;
    return made != null ? made : makeMaglev();
  }

  /** Names of the tables that are made by now. */
  public Set<String> made() {
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

  private synchronized Rendezvous makeRendezvous() {
    Rendezvous made = rendezvous;
    if (made == null) {
      made = new Rendezvous(all);
      rendezvous = made;
    }
    return made;
  }

  private synchronized BoundedLoad makeBounded() {
    BoundedLoad made = bounded;
    if (made == null) {
      made = new BoundedLoad(all, rendezvous());
      bounded = made;
    }
    return made;
  }

  private synchronized Ring makeRing() {
    Ring made = ring;
    if (made == null) {
      made = new Ring(all);
      ring = made;
    }
    return made;
  }

  private synchronized Maglev makeMaglev() {
    Maglev made = maglev;
    if (made == null) {
      made = new Maglev(all);
      maglev = made;
    }
    return made;
  }
}
