// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Draft.AddressEntry;
import dev.rsp.config.Draft.SlotEntry;
import dev.rsp.http.Forwarding;
import dev.rsp.http.WireOptions;
import java.util.List;
import java.util.Map;
import org.luaj.vm2.LuaValue;

/**
 * Reads a file in the format of rsp, the original in C: three globals, one backend for all hosts.
 *
 * <p>Other globals are ignored, as the original does: such files are programs with their own
 * globals.
 */
final class OriginalFile {
  private static final String LISTEN_PORT = "listenPort";
  private static final String BACKEND_ADDRESS = "backendAddress";
  private static final String BACKEND_PORT = "backendPort";

  /** In the order in which the original reads them: only the first error is reported. */
  static final List<String> GLOBALS = List.of(LISTEN_PORT, BACKEND_ADDRESS, BACKEND_PORT);

  /** The original ignores the host, so a request without a host must be accepted. */
  private static final String DEFAULT_HOST = "localhost";

  private final Map<String, LuaValue> globals;
  private final Problems problems;
  private final ServiceNames services;

  OriginalFile(Map<String, LuaValue> globals, Problems problems, ServiceNames services) {
    this.globals = globals;
    this.problems = problems;
    this.services = services;
  }

  /** Whether a file has the original's format: one of the three globals and none of rsp's lists. */
  static boolean isOriginal(Map<String, LuaValue> globals) {
    return GLOBALS.stream().anyMatch(globals::containsKey)
        && !globals.containsKey(Keys.LISTEN)
        && !globals.containsKey(Keys.BACKENDS);
  }

  /**
   * Reads the three globals.
   *
   * @throws ConfigException with the original's text, if one is neither a string nor a number
   */
  Draft read() throws ConfigException {
    for (String name : GLOBALS) {
      // Lua's test for "is a string" accepts numbers, and so does the original.
      if (!globals.getOrDefault(name, LuaValue.NIL).isstring()) {
        throw new ConfigException(
            ConfigException.Kind.MUST_BE_A_STRING, List.of(name + " must be a string"));
      }
    }
    int listenPort = port(LISTEN_PORT, 0);
    int backendPort = port(BACKEND_PORT, 1);
    String host = text(BACKEND_ADDRESS);
    Address backend =
        host.indexOf(':') >= 0
            ? Address.v6(host, Math.max(backendPort, 1))
            : Address.v4OrName(host, Math.max(backendPort, 1));
    KeyPath addressPath = KeyPath.global(BACKEND_ADDRESS);
    if (backend instanceof Address.Invalid) {
      problems.add(addressPath, ValueText.quoted(host), "a host name or an IP address");
    }
    String backendText = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + backendPort;
    String listenText = "0.0.0.0:" + Math.max(listenPort, 0);
    return new Draft(
        List.of(
            new AddressEntry(
                KeyPath.global(LISTEN_PORT), listenText, Address.parse(listenText, 0))),
        List.of(
            new SlotEntry(
                backendText,
                addressPath,
                new AddressEntry(addressPath, backendText, backend),
                null,
                null,
                1,
                Slot.State.UP)),
        new ServerSettings(
            Timeouts.DEFAULTS,
            Limits.DEFAULTS,
            HeldBodyLimits.DEFAULTS,
            (int) Keys.LOOPS.defaultValue(),
            DEFAULT_HOST,
            Forwarding.DEFAULTS,
            AbortOnClose.GET,
            new WireOptions(InstallationName.of(globals.get(LISTEN_PORT)), false, false, false),
            null,
            false,
            Safeguards.NONE,
            null,
            null,
            null,
            null,
            null,
            null,
            0,
            null,
            null),
        SelectionSettings.DEFAULTS);
  }

  private String text(String name) {
    return globals.getOrDefault(name, LuaValue.NIL).tojstring();
  }

  /**
   * Reads a port in digits or as a service name; adds a problem and returns -1 if it is neither.
   */
  private int port(String name, int least) {
    String text = text(name);
    int port = Address.port(text);
    int found = port >= 0 ? port : services.port(text);
    if (found < least) {
      problems.add(
          KeyPath.global(name),
          ValueText.quoted(text),
          "a port from "
              + least
              + " to "
              + Address.MAX_PORT
              + ", or the name of a service"
              + services.hint());
      return -1;
    }
    return found;
  }
}
