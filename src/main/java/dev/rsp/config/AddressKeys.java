// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Draft.AddressEntry;
import dev.rsp.config.Draft.SlotEntry;
import dev.rsp.http.TrustedProxies;
import dev.rsp.proxy.ProxyVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks the two keys that hold addresses, {@code listen} and {@code backends}. */
final class AddressKeys {
  /** Each costs a socket per loop. */
  static final int MAX_LISTEN = 64;

  /** Each costs counters and a pool per loop; a longer list is a mistake in a script's loop. */
  static final int MAX_BACKENDS = 65_536;

  /** In characters: log lines and metrics contain the name. */
  static final int MAX_NAME = 128;

  private static final String TO_LISTEN_ON =
      "an address to listen on, such as \"0.0.0.0:8080\" or \"unix:/run/rsp.sock\"";
  private static final String MODE =
      "a string of three octal digits, such as \"0666\": in a number they would not be octal";
  private static final String LIST = "a list of addresses, such as { \"10.0.0.11:80\" }";
  private static final String SLOT = "an address, or a table with name and address";
  private static final String STATES = "\"up\", \"drain\", \"down\" or \"spare\"";

  private static final Pattern REDIRECT = Pattern.compile("https(?::([0-9]{1,5}))?");

  /** RFC 6797 §6.1: directives, of which max-age is required; the first one here. */
  private static final Pattern HSTS =
      Pattern.compile("max-age=[0-9]{1,10}(; ?(includeSubDomains|preload))*");

  private final Problems problems;
  private final BackendTlsKeys tls;

  AddressKeys(Problems problems, BackendTlsKeys tls) {
    this.problems = problems;
    this.tls = tls;
  }

  /** Reads one address, with or without its keys, or a list without duplicates. */
  List<AddressEntry> listen(LuaValue value) {
    KeyPath path = KeyPath.global(Keys.LISTEN);
    if (!(value instanceof LuaTable table) || isOneListener(table)) {
      AddressEntry parsed = listener(path, value);
      return parsed == null ? List.of() : List.of(parsed);
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_LISTEN, TO_LISTEN_ON);
    Map<String, KeyPath> seen = new HashMap<>();
    List<AddressEntry> addresses = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      AddressEntry parsed = listener(path.index(i), entries.get(i - 1));
      if (parsed != null && isNew(seen, parsed.text(), parsed.path())) {
        addresses.add(parsed);
      }
    }
    return addresses;
  }

  /** Whether a table is one address with its keys, and not a list: it has a key of the former. */
  private static boolean isOneListener(LuaTable table) {
    return Keys.LISTENER.stream().anyMatch(key -> !table.rawget(key).isnil());
  }

  /** An address, or a table with its keys. */
  private @Nullable AddressEntry listener(KeyPath path, LuaValue value) {
    if (!(value instanceof LuaTable table) || !isOneListener(table)) {
      return address(path, value, TO_LISTEN_ON, 0);
    }
    var entry = new Section(path, table, problems);
    entry.rejectUnknownKeys(Keys.LISTENER);
    AddressEntry parsed = address(path.key(Keys.ADDRESS), entry.get(Keys.ADDRESS), TO_LISTEN_ON, 0);
    SocketAccess access =
        new SocketAccess(
            mode(path.key(Keys.MODE), entry.get(Keys.MODE)),
            owner(path.key(Keys.OWNER), entry.get(Keys.OWNER), SocketAccess.Kind.USER),
            owner(path.key(Keys.GROUP), entry.get(Keys.GROUP), SocketAccess.Kind.GROUP));
    ListenOptions options = options(path, entry);
    if (parsed == null) {
      return null;
    }
    if (!(parsed.address() instanceof Address.Unix)) {
      for (String key : List.of(Keys.MODE, Keys.OWNER, Keys.GROUP)) {
        if (!entry.get(key).isnil()) {
          problems.add(path.key(key), entry.get(key), "none: only a Unix socket has one");
        }
      }
    }
    return new AddressEntry(parsed.path(), parsed.text(), parsed.address(), access, options);
  }

  /** Reads the peers that send PROXY headers; null if the key is not set. */
  private @Nullable TrustedProxies proxyProtocol(KeyPath path, LuaValue value) {
    if (value.isnil()) {
      return null;
    }
    if (value instanceof LuaTable list && list.next(LuaValue.NIL).arg1().isnil()) {
      problems.add(path, value, "the networks of the proxies in front: others are refused");
    }
    return NetworkList.read(path, value, problems);
  }

  private ListenOptions options(KeyPath path, Section entry) {
    boolean tls = entry.flag(Keys.TLS);
    LuaValue redirect = entry.get(Keys.REDIRECT);
    LuaValue hsts = entry.get(Keys.HSTS);
    boolean checksHost = entry.get(Keys.CHECK_HOST).isnil() || entry.flag(Keys.CHECK_HOST);
    int port = redirectPort(path.key(Keys.REDIRECT), redirect);
    String value = hsts.type() == LuaValue.TSTRING ? hsts.tojstring() : null;
    if (!hsts.isnil() && (value == null || !HSTS.matcher(value).matches())) {
      problems.add(path.key(Keys.HSTS), hsts, "such as \"max-age=31536000; includeSubDomains\"");
      value = null;
    }
    if (tls && port > 0) {
      problems.add(path.key(Keys.REDIRECT), redirect, "none with tls = true: it would be a loop");
    }
    if (!tls && value != null) {
      problems.add(
          path.key(Keys.HSTS), hsts, "none without tls = true: clients ignore it (RFC 6797 §8.1)");
    }
    TrustedProxies senders =
        proxyProtocol(path.key(Keys.PROXY_PROTOCOL), entry.get(Keys.PROXY_PROTOCOL));
    boolean http2 = entry.get(Keys.HTTP2).isnil() ? tls : entry.flag(Keys.HTTP2);
    ClientCa authority = clientCa(path, entry, tls);
    return new ListenOptions(tls, senders, port, value, checksHost, authority, http2);
  }

  /** Who signs the certificates of clients; null if they are not asked for one. */
  private @Nullable ClientCa clientCa(KeyPath path, Section entry, boolean tls) {
    LuaValue file = entry.get(Keys.CLIENT_CA);
    LuaValue auth = entry.get(Keys.CLIENT_AUTH);
    boolean optional = auth.type() == LuaValue.TSTRING && auth.tojstring().equals("optional");
    boolean isKnown = optional || auth.isnil() || auth.tojstring().equals("require");
    if (!isKnown || (!auth.isnil() && file.isnil())) {
      problems.add(
          path.key(Keys.CLIENT_AUTH), auth, "\"require\" or \"optional\", beside client_ca");
    }
    if (file.isnil()) {
      return null;
    }
    if (!tls) {
      problems.add(path.key(Keys.CLIENT_CA), file, "none without tls = true");
      return null;
    }
    Path pem = PathKey.parsed(file, problems);
    String problem = "a path in visible characters";
    try {
      if (pem != null) {
        return new ClientCa(PemFile.read(pem).certificates(), !optional);
      }
    } catch (IOException | GeneralSecurityException e) {
      problem = String.valueOf(e.getMessage());
    }
    problems.add(path.key(Keys.CLIENT_CA), file, "a readable file of certificates: " + problem);
    return null;
  }

  /** The port in {@code https} or {@code https:PORT}; 0 if it is not set, or wrong. */
  private int redirectPort(KeyPath path, LuaValue value) {
    Matcher form = REDIRECT.matcher(value.type() == LuaValue.TSTRING ? value.tojstring() : "");
    int port = !form.matches() ? 0 : form.group(1) == null ? 443 : Integer.parseInt(form.group(1));
    if (!value.isnil() && (port < 1 || port > 65_535)) {
      problems.add(path, value, "\"https\" or \"https:\" and a port");
      return 0;
    }
    return port;
  }

  private @Nullable Integer mode(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (text.matches("0?[0-7]{3}")) {
      return Integer.valueOf(text, 8);
    }
    if (!value.isnil()) {
      problems.add(path, value, MODE);
    }
    return null;
  }

  private @Nullable String owner(KeyPath path, LuaValue value, SocketAccess.Kind kind) {
    if (value.isnil()) {
      return null;
    }
    boolean text = value.type() == LuaValue.TSTRING || value.isinttype();
    if (!text || !kind.exists(value.tojstring())) {
      problems.add(path, value, "the name or number of a " + kind.label() + " of this system");
      return null;
    }
    return value.tojstring();
  }

  /** Reads a list of addresses and tables with unique names. */
  List<SlotEntry> slots(LuaValue value) {
    KeyPath path = KeyPath.global(Keys.BACKENDS);
    if (!(value instanceof LuaTable table)) {
      problems.add(path, value, LIST);
      return List.of();
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_BACKENDS, SLOT);
    Map<String, KeyPath> names = new HashMap<>();
    List<SlotEntry> slots = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      SlotEntry slot = slot(path.index(i), entries.get(i - 1));
      if (slot != null && isNew(names, slot.name(), slot.namedAt())) {
        slots.add(slot);
      }
    }
    return slots;
  }

  private @Nullable SlotEntry slot(KeyPath path, LuaValue value) {
    if (!(value instanceof LuaTable table)) {
      AddressEntry parsed = backend(path, value, SLOT, null);
      return parsed == null
          ? null
          : slot(
              parsed.text(),
              path,
              parsed,
              path.key(Keys.TLS),
              LuaValue.NIL,
              null,
              1,
              Slot.State.UP);
    }
    var entry = new Section(path, table, problems);
    entry.rejectUnknownKeys(Keys.SLOT);
    Slot.State state = state(path.key(Keys.STATE), entry.get(Keys.STATE));
    int weight = (int) entry.number(Keys.WEIGHT);
    KeyPath addressPath = path.key(Keys.ADDRESS);
    LuaValue name = entry.get(Keys.NAME);
    LuaValue address = entry.get(Keys.ADDRESS);
    boolean isReserved = state == Slot.State.SPARE && address.isnil() && !name.isnil();
    Protocol protocol = protocol(path.key(Keys.PROTOCOL), entry.get(Keys.PROTOCOL));
    ProxyVersion sendProxy = sendProxy(path.key(Keys.SEND_PROXY), entry.get(Keys.SEND_PROXY));
    KeyPath tlsPath = path.key(Keys.TLS);
    LuaValue tlsValue = entry.get(Keys.TLS);
    AddressEntry parsed =
        isReserved ? null : backend(addressPath, address, "an address: " + Address.FORMS, protocol);
    if (name.isnil()) {
      return parsed == null
          ? null
          : slot(
              address.tojstring(),
              addressPath,
              parsed,
              tlsPath,
              tlsValue,
              sendProxy,
              weight,
              state);
    }
    KeyPath namePath = path.key(Keys.NAME);
    if (!isName(name)) {
      problems.add(
          namePath,
          name,
          "1 to "
              + MAX_NAME
              + " visible ASCII characters without a space, not beginning with ( or #");
      return null;
    }
    return parsed == null && !isReserved
        ? null
        : slot(name.tojstring(), namePath, parsed, tlsPath, tlsValue, sendProxy, weight, state);
  }

  private SlotEntry slot(
      String name,
      KeyPath namedAt,
      @Nullable AddressEntry address,
      KeyPath tlsPath,
      LuaValue tlsValue,
      @Nullable ProxyVersion sendProxy,
      int weight,
      Slot.State state) {
    BackendTls its = null;
    if (address != null && Protocol.ofText(address.text()).secure()) {
      its = tls.of(tlsPath, tlsValue);
      if (!Place.canCheck(address.address(), its)) {
        problems.add(
            tlsPath.key(BackendTlsKeys.NAME),
            "nil",
            "the name in the certificate: the address of a Unix socket has none");
      }
    } else if (address != null && !tlsValue.isnil()) {
      problems.add(tlsPath, tlsValue, "none, or protocol = \"https\" or \"h2\"");
    }
    return new SlotEntry(name, namedAt, address, its, sendProxy, weight, state);
  }

  private Slot.State state(KeyPath path, LuaValue value) {
    if (value.isnil()) {
      return Slot.State.UP;
    }
    Slot.State state = value.type() == LuaValue.TSTRING ? Slot.State.of(value.tojstring()) : null;
    if (state == null) {
      problems.add(path, value, STATES);
      return Slot.State.UP;
    }
    return state;
  }

  /** Reads a backend's {@code protocol}; null if it is not set. */
  private @Nullable Protocol protocol(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    for (Protocol protocol : Protocol.values()) {
      if (text.equals(protocol.label())) {
        return protocol;
      }
    }
    if (!value.isnil()) {
      problems.add(path, value, "\"http\", \"https\", \"h2c\", \"h2\" or \"uwsgi\"");
    }
    return null;
  }

  /** Reads a backend's {@code send_proxy}; null if it is not set. */
  private @Nullable ProxyVersion sendProxy(KeyPath path, LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    for (ProxyVersion version : ProxyVersion.values()) {
      if (text.equals(version.label())) {
        return version;
      }
    }
    if (!value.isnil()) {
      problems.add(path, value, "\"v1\" or \"v2\"");
    }
    return null;
  }

  /** Reads the address of a backend and adds the prefix of its protocol if that is missing. */
  private @Nullable AddressEntry backend(
      KeyPath path, LuaValue value, String expected, @Nullable Protocol said) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    Protocol prefixed = Protocol.ofText(text);
    if (said != null && prefixed != Protocol.HTTP && prefixed != said) {
      problems.add(
          path,
          value,
          "an address without %s, because protocol is \"%s\""
              .formatted(prefixed.prefix(), said.label()));
      return null;
    }
    LuaValue bare = prefixed == Protocol.HTTP ? value : LuaValue.valueOf(Protocol.addressIn(text));
    AddressEntry parsed = address(path, bare, expected, 1);
    if (parsed == null) {
      return null;
    }
    Protocol protocol = said == null ? prefixed : said;
    return new AddressEntry(path, protocol.at(parsed.text()), parsed.address());
  }

  /**
   * Whether it is a valid name. Plans and journals write {@code (refused)} instead of a slot, and
   * comments after {@code #}, so a name must not begin with either character.
   */
  private static boolean isName(LuaValue value) {
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    return !text.isEmpty()
        && text.length() <= MAX_NAME
        && Syntax.isVisible(text)
        && !text.startsWith("(")
        && !text.startsWith("#");
  }

  private @Nullable AddressEntry address(
      KeyPath path, LuaValue value, String expected, int leastPort) {
    if (value.type() != LuaValue.TSTRING) {
      problems.add(path, value, expected);
      return null;
    }
    Address address = Address.parse(value.tojstring(), leastPort);
    if (address instanceof Address.Invalid wrong) {
      problems.add(path, value, wrong.expected());
      return null;
    }
    return new AddressEntry(path, value.tojstring(), address);
  }

  private boolean isNew(Map<String, KeyPath> seen, String text, KeyPath path) {
    KeyPath other = seen.putIfAbsent(text, path);
    if (other != null) {
      problems.add(path, ValueText.quoted(text), "no duplicate of " + other);
    }
    return other == null;
  }
}
