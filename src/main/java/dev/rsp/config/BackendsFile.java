// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.certs.CertificateSettings;
import dev.rsp.config.Draft.AddressEntry;
import dev.rsp.http.HostName;
import dev.rsp.http.WireOptions;
import dev.rsp.lua.HostFromPath;
import dev.rsp.lua.Probe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reads and checks a file in rsp's own format, with {@code listen} and {@code backends}. */
final class BackendsFile {
  /** Each is compared with the path that a script passes to {@code exists}. */
  static final int MAX_DIRECTORIES = 64;

  private static final String DIRECTORY =
      "an absolute directory in visible ASCII characters, without . and .., and not /";

  private final Map<String, LuaValue> globals;
  private final List<HostFromPath> hostsFromPaths;
  private final boolean namesHttps;
  private final Problems problems;
  private final BackendTlsKeys tls;

  /**
   * A file that has run.
   *
   * @param namesHttps whether its text has an address with {@code https://}, which a script may
   *     return
   */
  BackendsFile(
      Map<String, LuaValue> globals,
      List<HostFromPath> hostsFromPaths,
      boolean namesHttps,
      Problems problems) {
    this.globals = globals;
    this.hostsFromPaths = hostsFromPaths;
    this.namesHttps = namesHttps;
    this.problems = problems;
    this.tls =
        new BackendTlsKeys(
            globals.getOrDefault(BackendTlsKeys.BACKEND_TLS, LuaValue.NIL), problems);
  }

  /** Reads every key. Records a problem for each invalid value and uses the default instead. */
  Draft read() {
    globals.forEach(this::refuseUnknown);
    var addresses = new AddressKeys(problems, tls);
    List<AddressEntry> listen = addresses.listen(global(Keys.LISTEN));
    boolean ends = listen.stream().anyMatch(entry -> entry.options().tls());
    boolean asks = listen.stream().anyMatch(entry -> entry.options().clientCa() != null);
    LuaValue certificates = global(CertificateKeys.CERTIFICATES);
    if (ends && certificates.isnil() && global(AcmeKeys.ACME).isnil()) {
      problems.add(
          KeyPath.global(CertificateKeys.CERTIFICATES),
          certificates,
          CertificateKeys.FOLDER + ", because an address to listen on has tls");
    }
    return new Draft(
        listen, addresses.slots(global(Keys.BACKENDS)), settings(asks, listen), selection());
  }

  /**
   * The other settings.
   *
   * @param asks whether clients are asked for certificates
   */
  private ServerSettings settings(boolean asks, List<AddressEntry> listen) {
    Section limits = section(Keys.LIMITS, Keys.ALL_LIMITS);
    Safeguards safeguards = new SafeguardKeys(globals, problems).read();
    Path journal = safeguards.journal().file();
    CertificateOrders orders =
        new AcmeKeys(problems)
            .read(
                global(AcmeKeys.ACME),
                journal != null,
                listen.stream()
                    .map(entry -> new AcmeKeys.Listening(entry.address(), entry.options()))
                    .toList());
    CertificateSettings certificates =
        new CertificateKeys(problems)
            .read(
                global(CertificateKeys.CERTIFICATES),
                orders == null ? null : orders.settings().store(),
                journal);
    return new ServerSettings(
        Timeouts.of(section(Keys.TIMEOUTS, Keys.ALL_TIMEOUTS)::number),
        limits(limits),
        HeldBodyLimits.of(limits::number),
        (int)
            Keys.LOOPS.read(KeyPath.global(Keys.LOOPS.name()), global(Keys.LOOPS.name()), problems),
        defaultHost(),
        new ForwardingKeys(globals, problems).read(asks),
        abortOnClose(),
        wire(),
        new InitialiseKeys(problems).read(global(InitialiseKeys.INITIALISE)),
        isOwnFunction(Keys.SELECT),
        safeguards,
        new AccessLogKeys(problems).read(global(AccessLogKeys.ACCESS_LOG)),
        new TraceKeys(problems).read(global(TraceKeys.TRACES)),
        new UsageKeys(problems).read(global(UsageKeys.USAGE)),
        certificates,
        new CertificateKeys(problems).ticketKeys(global(CertificateKeys.TICKET_KEYS)),
        orders,
        MetricsKeys.topHosts(global(MetricsKeys.METRICS), problems),
        controlPath(),
        new AdminKeys(problems).read(global(AdminKeys.ADMIN)));
  }

  private LuaValue global(String name) {
    return globals.getOrDefault(name, LuaValue.NIL);
  }

  private void refuseUnknown(String name, LuaValue value) {
    if (Keys.GLOBALS.contains(name) || value.isfunction()) {
      return;
    }
    problems.add(
        KeyPath.global(name),
        value,
        () -> "a known key, or local" + NearestKey.suggestion(name, Keys.all()));
  }

  private Limits limits(Section section) {
    Limits limits = Limits.of(section::number);
    LuaValue target = section.get(Keys.TARGET_BYTES.name());
    // Only a target_bytes that the file sets is a mistake; the default is reduced to a small
    // head_bytes.
    if (target.type() == LuaValue.TNUMBER
        && Keys.TARGET_BYTES.allows(target.todouble())
        && target.todouble() > limits.headBytes()) {
      problems.add(
          KeyPath.global(Keys.LIMITS).key(Keys.TARGET_BYTES.name()),
          target,
          "at most limits.head_bytes, which is " + limits.headBytes());
    }
    return limits;
  }

  private Section section(String name, List<NumberKey> known) {
    Section section = Section.of(KeyPath.global(name), global(name), problems);
    section.rejectUnknownKeys(Keys.names(known));
    return section;
  }

  private @Nullable String defaultHost() {
    LuaValue value = global(Keys.DEFAULT_HOST);
    if (value.isnil()) {
      return null;
    }
    String host = value.tojstring();
    if (value.type() == LuaValue.TSTRING && host.equals(HostName.canonicalise(host))) {
      return host;
    }
    problems.add(
        KeyPath.global(Keys.DEFAULT_HOST),
        value,
        "a host name in lower case, without port and final dot");
    return null;
  }

  private AbortOnClose abortOnClose() {
    LuaValue value = global(Keys.ABORT_ON_CLOSE);
    if (value.type() == LuaValue.TBOOLEAN) {
      return value.toboolean() ? AbortOnClose.ALL : AbortOnClose.NONE;
    }
    boolean get = value.type() == LuaValue.TSTRING && value.tojstring().equals("get");
    if (!value.isnil() && !get) {
      problems.add(KeyPath.global(Keys.ABORT_ON_CLOSE), value, "\"get\", true or false");
    }
    return AbortOnClose.GET;
  }

  private WireOptions wire() {
    Section lenient = Section.of(KeyPath.global(Keys.LENIENT), global(Keys.LENIENT), problems);
    lenient.rejectUnknownKeys(Keys.ALL_LENIENT);
    return new WireOptions(
        viaName(),
        lenient.flag(Keys.RESPONSE_LF),
        lenient.flag(Keys.EQUAL_LENGTHS),
        lenient.flag(Keys.RAW_TARGETS));
  }

  private String viaName() {
    LuaValue value = global(Keys.VIA);
    String name = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    // In quotes, false and true would be names.
    boolean isSwitch = name.equals("false") || name.equals("true");
    if (!isSwitch && WireOptions.validViaName(name)) {
      return name;
    }
    // false is for ForwardingKeys. The name still serves to notice requests that go in circles.
    if (!value.isnil() && !ForwardingKeys.isFalse(value)) {
      problems.add(
          KeyPath.global(Keys.VIA),
          value,
          "false, or a name of 1 to "
              + WireOptions.MAX_VIA_NAME
              + " letters, digits and any of "
              + "!#$%&'*+-.^_`|~");
    }
    return InstallationName.of(global(Keys.LISTEN));
  }

  /** Like an address, but a path alone; relative paths would depend on who reads the file. */
  private @Nullable String controlPath() {
    LuaValue value = global(Keys.CONTROL);
    String text = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (Address.parse("unix:" + text, 0) instanceof Address.Unix unix) {
      return unix.path();
    }
    if (!value.isnil()) {
      problems.add(
          KeyPath.global(Keys.CONTROL),
          value,
          "the absolute path of a Unix socket, such as \"/run/rsp/control.sock\"");
    }
    return null;
  }

  private boolean isOwnFunction(String key) {
    LuaValue value = global(key);
    // A library function, as in select = math.max, cannot choose a slot.
    if (!value.isnil() && !value.isclosure()) {
      problems.add(KeyPath.global(key), value, "a function written in Lua");
    }
    return value.isclosure();
  }

  private SelectionSettings selection() {
    KeyPath failover = KeyPath.global(Keys.FAILOVER.name());
    boolean onFailure = isOwnFunction(Keys.ON_FAILURE);
    boolean scripted = onFailure || global(Keys.SELECT).isclosure();
    return new SelectionSettings(
        (int) Keys.FAILOVER.read(failover, global(Keys.FAILOVER.name()), problems),
        hostsFromPaths,
        existsBelow(),
        onFailure,
        tls.outside(scripted && namesHttps),
        Probe.NO_WARNINGS);
  }

  private List<Path> existsBelow() {
    KeyPath path = KeyPath.global(Keys.EXISTS_BELOW);
    LuaValue value = global(Keys.EXISTS_BELOW);
    if (value.isnil()) {
      return List.of();
    }
    if (!(value instanceof LuaTable table)) {
      problems.add(path, value, "a list of directories, such as { \"/etc/vassals\" }");
      return List.of();
    }
    List<LuaValue> entries = new Section(path, table, problems).entries(MAX_DIRECTORIES, DIRECTORY);
    List<Path> directories = new ArrayList<>();
    for (int i = 1; i <= entries.size(); i++) {
      LuaValue entry = entries.get(i - 1);
      String text = entry.type() == LuaValue.TSTRING ? entry.tojstring() : "";
      String ended = text + "/";
      boolean plain = !ended.contains("/../") && !ended.contains("/./") && text.length() > 1;
      if (text.startsWith("/") && Syntax.isVisible(text) && plain) {
        directories.add(Path.of(text));
        if (!Files.isDirectory(Path.of(text))) {
          problems.warn(path.index(i), "there is no folder " + text);
        }
      } else {
        problems.add(path.index(i), entry, DIRECTORY);
      }
    }
    return directories;
  }
}
