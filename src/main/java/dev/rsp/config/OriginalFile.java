// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Draft.Written;
import dev.rsp.config.Draft.WrittenSlot;
import dev.rsp.http.WireOptions;
import java.util.List;
import java.util.Map;
import org.luaj.vm2.LuaValue;

/**
 * A file as rsp, the original in C, reads it: three globals, one backend for all hosts.
 *
 * <p>Everything else in it is ignored, as there: such files are programs with globals of their own.
 */
final class OriginalFile {
  private static final String LISTEN_PORT = "listenPort";
  private static final String BACKEND_ADDRESS = "backendAddress";
  private static final String BACKEND_PORT = "backendPort";

  /** In the order in which the original reads them: the first one that is wrong is reported. */
  static final List<String> GLOBALS = List.of(LISTEN_PORT, BACKEND_ADDRESS, BACKEND_PORT);

  /** The original never looks at a host, so a request that names none has to arrive as well. */
  private static final String DEFAULT_HOST = "localhost";

  private final Map<String, LuaValue> globals;
  private final Problems problems;
  private final ServiceNames services;

  OriginalFile(Map<String, LuaValue> globals, Problems problems, ServiceNames services) {
    this.globals = globals;
    this.problems = problems;
    this.services = services;
  }

  /** Whether a file is the original's: it has one of the three globals, and no list of rsp's. */
  static boolean isOne(Map<String, LuaValue> globals) {
    return GLOBALS.stream().anyMatch(globals::containsKey)
        && !globals.containsKey(Keys.LISTEN)
        && !globals.containsKey(Keys.BACKENDS);
  }

  /**
   * Reads the three globals.
   *
   * @throws ConfigException if one is neither a string nor a number, with the original's text
   */
  Draft read() throws ConfigException {
    for (String name : GLOBALS) {
      // Lua's own test for "is a string" lets numbers pass, and so does the original.
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
    if (backend instanceof Address.Wrong) {
      problems.add(addressPath, Shown.quoted(host), "a host name or an IP address");
    }
    String backendText = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + backendPort;
    String listenText = "0.0.0.0:" + Math.max(listenPort, 0);
    return new Draft(
        List.of(new Written(KeyPath.global(LISTEN_PORT), listenText, Address.parse(listenText, 0))),
        List.of(
            new WrittenSlot(
                backendText,
                addressPath,
                new Written(addressPath, backendText, backend),
                1,
                Slot.State.UP)),
        new Settings(
            Timeouts.DEFAULTS,
            Limits.DEFAULTS,
            Held.DEFAULTS,
            (int) Keys.LOOPS.ifAbsent(),
            DEFAULT_HOST,
            false,
            new WireOptions(InstallationName.of(globals.get(LISTEN_PORT)), false, false),
            null,
            false,
            Foresight.NONE),
        Choosing.DEFAULTS);
  }

  private String text(String name) {
    return globals.getOrDefault(name, LuaValue.NIL).tojstring();
  }

  /** The port that a global gives in digits or as the name of a service; -1 with a problem. */
  private int port(String name, int least) {
    String text = text(name);
    int port = Address.port(text);
    int found = port >= 0 ? port : services.port(text);
    if (found < least) {
      problems.add(
          KeyPath.global(name),
          Shown.quoted(text),
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
