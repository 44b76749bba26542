// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.access.AccessLogSettings;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.hash.SlotTables;
import dev.rsp.hash.Weighted;
import dev.rsp.http.Forwarding;
import dev.rsp.http.WireOptions;
import dev.rsp.lua.Probe;
import dev.rsp.lua.Program;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptContext;
import dev.rsp.lua.ScriptException;
import dev.rsp.lua.Slots;
import dev.rsp.trace.TraceSettings;
import dev.rsp.usage.UsageSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file's content, checked. Immutable; a reload makes a new one.
 *
 * @param listenAt for each listen address, where the file sets it: {@code file:line: key}
 * @param settings everything else, apart from the selection of slots
 * @param program the compiled file; each loop runs it once to get its own {@code select}
 * @param selection how a slot is selected
 * @param tables hash tables of the slots, shared by all loops
 * @param warnings what is probably a mistake in the file, but may be intended; each {@code
 *     file:line: text}. {@code rsp check} prints them, and a start or a reload logs them
 */
public record Config(
    List<ListenAddress> listen,
    List<String> listenAt,
    List<Slot> slots,
    ServerSettings settings,
    Program program,
    SelectionSettings selection,
    SlotTables tables,
    List<String> warnings) {
  public Config {
    listen = List.copyOf(listen);
    listenAt = List.copyOf(listenAt);
    slots = List.copyOf(slots);
    warnings = List.copyOf(warnings);
    if (listen.isEmpty() || slots.isEmpty()) {
      throw new IllegalArgumentException(
          "listen: %d, slots: %d (expected: >= 1 each)".formatted(listen.size(), slots.size()));
    }
  }

  /** A configuration with new hash tables for its slots. */
  Config(
      List<ListenAddress> listen,
      List<String> listenAt,
      List<Slot> slots,
      ServerSettings settings,
      Program program,
      SelectionSettings selection) {
    this(listen, listenAt, slots, settings, program, selection, tables(slots), List.of());
  }

  private static SlotTables tables(List<Slot> slots) {
    return new SlotTables(
        slots.stream().map(slot -> new Weighted(slot.name(), slot.weight())).toList());
  }

  /**
   * Runs the program and returns a script for one loop, or for a tool that decides as a loop does.
   *
   * @return null if the file defines neither {@code select} nor {@code on_failure}
   * @throws ScriptException if the program fails, although it ran when the file was loaded
   */
  public @Nullable Script script() throws ScriptException {
    return script(index -> 0);
  }

  /**
   * Runs the program for a loop that serves requests.
   *
   * @param inFlight the number of requests that a slot, by its index from 1, has in flight now
   */
  public @Nullable Script script(IntUnaryOperator inFlight) throws ScriptException {
    if (!hasSelect() && !selection.hasOnFailure()) {
      return null;
    }
    Script script = program.copy();
    script.setContext(scriptContext(inFlight));
    script.startServing();
    return script;
  }

  /**
   * A script for a trial before it serves, within the budget for that.
   *
   * @return null if the file defines neither {@code select} nor {@code on_failure}
   * @throws ScriptException if the program fails
   */
  public @Nullable Script trialScript() throws ScriptException {
    return hasSelect() || selection.hasOnFailure() ? withContext(program.copy()) : null;
  }

  /**
   * Like {@link #trialScript}, but the file is loaded again, as another process would load it.
   *
   * @throws ScriptException if the program fails, although it ran when the file was loaded
   */
  public @Nullable Script scriptLoadedApart() throws ScriptException {
    return hasSelect() || selection.hasOnFailure() ? withContext(program.runMuted()) : null;
  }

  /** Whether there is memory for {@link #scriptLoadedApart}. */
  public boolean canBeLoadedApart() {
    return HeapNeed.loadingProblem(program.source().length) == null;
  }

  private Script withContext(Script script) {
    script.setContext(scriptContext());
    return script;
  }

  /** The part of this configuration that scripts can read. */
  public ScriptContext scriptContext() {
    return scriptContext(index -> 0);
  }

  private ScriptContext scriptContext(IntUnaryOperator inFlight) {
    return new ScriptContext(
        slots.stream().map(Slot::view).toList(),
        selection.existsBelow(),
        new Slots(tables, inFlight));
  }

  /** A copy with the probe result of its {@code select}, whose warnings are added. */
  Config with(Probe probe) {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(probe.warnings());
    return new Config(
        listen, listenAt, slots, settings, program, selection.with(probe), tables, all);
  }

  /** A copy with these warnings instead of its own. */
  Config with(List<String> others) {
    return new Config(listen, listenAt, slots, settings, program, selection, tables, others);
  }

  /** A copy in which some slots, by their names, have other states, as if the file said so. */
  public Config withStates(Map<String, Slot.State> states) {
    List<Slot> changed = new ArrayList<>();
    for (Slot slot : slots) {
      Slot.State state = states.get(slot.name());
      changed.add(state == null ? slot : slot.with(state));
    }
    return new Config(listen, listenAt, changed, settings, program, selection, tables, warnings);
  }

  /** A copy with other slots, as if the file listed these. */
  public Config withSlots(List<Slot> others) {
    List<Slot> numbered = new ArrayList<>();
    for (Slot slot : others) {
      numbered.add(
          new Slot(numbered.size() + 1, slot.name(), slot.place(), slot.weight(), slot.state()));
    }
    return new Config(listen, listenAt, numbered, settings, program, selection);
  }

  public Timeouts timeouts() {
    return settings.timeouts();
  }

  public Limits limits() {
    return settings.limits();
  }

  /** How many bytes of request bodies are held that cannot be sent yet. */
  public HeldBodyLimits heldBodies() {
    return settings.heldBodies();
  }

  /** An estimate of the heap that so many loops need for this configuration. */
  public HeapNeed heapNeed(int loopCount) {
    return HeapNeed.of(program.copyBytes(), slots.size(), loopCount);
  }

  /** Number of event loops, at least 1. */
  public int loops() {
    return settings.loops();
  }

  /** The canonical host for a request without a host (HTTP/1.0); null to refuse the request. */
  public @Nullable String defaultHost() {
    return settings.defaultHost();
  }

  /** Which peers are believed what they say of the hops before them. */
  public Forwarding forwarding() {
    return settings.forwarding();
  }

  /** Which requests end when their client ends its side before the response begins. */
  public AbortOnClose abortOnClose() {
    return settings.abortOnClose();
  }

  /** How strictly messages are parsed, and this proxy's name in Via. */
  public WireOptions wire() {
    return settings.wire();
  }

  /** How a site is started whose backend does not accept connections; null if it is not. */
  public @Nullable Initialise initialise() {
    return settings.initialise();
  }

  /** Whether the file defines {@code select}; if not, hosts are hashed. */
  public boolean hasSelect() {
    return settings.hasSelect();
  }

  /**
   * Whether both configurations send every host to the same slot. It runs no script: {@code true}
   * is certain, {@code false} is not.
   *
   * <p>Without a {@code select} it compares the slots' names, weights and states in their order,
   * and the rules of {@code host_from_path}; with one, all properties of the slots, {@code
   * exists_below} and the text of the files.
   */
  public boolean routesHostsLike(Config other) {
    if (hasSelect() != other.hasSelect() || slots.size() != other.slots.size()) {
      return false;
    }
    if (hasSelect()) {
      // The script can read every property of a slot.
      return slots.equals(other.slots)
          && selection.existsBelow().equals(other.selection.existsBelow())
          && SelectorText.of(program.source()).equals(SelectorText.of(other.program.source()));
    }
    for (int i = 0; i < slots.size(); i++) {
      if (!slots.get(i).getsHostsLike(other.slots.get(i))) {
        return false;
      }
    }
    return selection.hasSamePathRules(other.selection);
  }

  /** The addresses in use of the names in {@code listen} and {@code backends}. */
  Map<String, InetAddress> addressesByName() {
    Map<String, InetAddress> addresses = new HashMap<>();
    listen.forEach(entry -> addAddress(entry.text(), entry.socket(), addresses));
    for (Slot slot : slots) {
      Place place = slot.place();
      if (place != null) {
        addAddress(Protocol.addressIn(place.text()), place.address(), addresses);
      }
    }
    return addresses;
  }

  private static void addAddress(
      String text, @Nullable InetSocketAddress socket, Map<String, InetAddress> addresses) {
    if (socket != null && Address.parse(text, 0) instanceof Address.Named named) {
      addresses.put(named.name(), socket.getAddress());
    }
  }

  /** Where exchanges are logged; null if they are not. */
  public @Nullable AccessLogSettings accessLog() {
    return settings.accessLog();
  }

  /** Which requests are traced; null if none are. */
  public @Nullable TraceSettings traces() {
    return settings.traces();
  }

  /** Where the use of hosts is kept; null if it is not. */
  public @Nullable UsageSettings usage() {
    return settings.usage();
  }

  /** The file of the keys of session tickets; null if they are in memory only. */
  public @Nullable Path ticketKeys() {
    return settings.ticketKeys();
  }

  /** Which certificates are ordered when clients ask for their hosts; null if none are. */
  public @Nullable CertificateOrders orders() {
    return settings.orders();
  }

  /**
   * A script whose function {@code acme.allow} is asked, within the budget for a trial: not for
   * loops.
   *
   * @throws ScriptException if the program fails, although it ran when the file was loaded
   */
  public Script allowScript() throws ScriptException {
    return withContext(program.copy());
  }

  /** Where the certificates of TLS are; null if there are none. */
  public @Nullable CertificateSettings certificates() {
    return settings.certificates();
  }

  /** How many of the busiest hosts the figures name; 0 for none. */
  public int topHosts() {
    return settings.topHosts();
  }

  /** The Unix socket for operators; null if there is none. */
  public @Nullable String controlPath() {
    return settings.controlPath();
  }

  /** Where operators and browsers reach the daemon; null if they do not. */
  public @Nullable AdminSettings admin() {
    return settings.admin();
  }

  /** Whether somebody may ask for figures, so that requests are counted. */
  public boolean isWatched() {
    return settings.controlPath() != null || settings.admin() != null;
  }

  /** Settings that make changes of the configuration safe. */
  public Safeguards safeguards() {
    return settings.safeguards();
  }
}
