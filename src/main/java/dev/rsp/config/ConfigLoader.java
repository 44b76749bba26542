// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.log.IoReason;
import dev.rsp.lua.Probe;
import dev.rsp.lua.Program;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.ast.Chunk;

/** Reads a configuration file. */
public final class ConfigLoader {
  /**
   * Enough for 1,000,000 hosts of 50 characters, one on a line; a larger file is not a
   * configuration.
   */
  static final int MAX_BYTES = 64 << 20;

  private ConfigLoader() {}

  /**
   * Reads, runs and checks a file and resolves its host names. Blocks, up to 5 s for the names, so
   * do not call it on an event loop.
   *
   * @throws ConfigException if anything in the file is invalid
   */
  public static Config load(Path file) throws ConfigException {
    return load(file, ListenCheck.NONE);
  }

  /**
   * Loads a file and also checks its listen addresses.
   *
   * @throws ConfigException if anything in the file, or one of these addresses, is invalid
   */
  public static Config load(Path file, ListenCheck bind) throws ConfigException {
    var lookup = new NameLookup(Resolver.SYSTEM, NameLookup.TIMEOUT);
    return load(file, lookup, ServiceNames.SYSTEM, bind);
  }

  /**
   * Loads a file for a process that runs with another configuration: a name that does not resolve
   * now keeps the address that the running configuration has for it, with a warning.
   *
   * @throws ConfigException if anything in the file is invalid
   */
  public static Config reload(Path file, Config running) throws ConfigException {
    return reload(file, running, Resolver.SYSTEM, ServiceNames.SYSTEM);
  }

  /**
   * Loads a candidate for the file of a running configuration, under its name, as {@link #reload}
   * would.
   *
   * @throws ConfigException if anything in it is invalid
   */
  public static Config candidate(byte[] source, Config running) throws ConfigException {
    var lookup = new NameLookup(Resolver.SYSTEM, NameLookup.TIMEOUT, running.addressesByName());
    return loadInMemory(
        running.program().name(), source, lookup, ServiceNames.SYSTEM, ListenCheck.NONE);
  }

  static Config reload(Path file, Config running, Resolver resolver, ServiceNames services)
      throws ConfigException {
    var lookup = new NameLookup(resolver, NameLookup.TIMEOUT, running.addressesByName());
    return load(file, lookup, services, ListenCheck.NONE);
  }

  /**
   * Loads a file from a stream, such as standard input, up to the stream's end. Paths in it are
   * relative to the working directory.
   *
   * @param name the name in messages, without a directory
   * @throws ConfigException if anything in the file, or one of the addresses, is invalid
   */
  public static Config load(String name, InputStream in, ListenCheck bind) throws ConfigException {
    byte[] source;
    try {
      source = bounded(name, in);
    } catch (IOException e) {
      throw cannotRun("cannot read " + name + ": " + IoReason.of(e));
    }
    var lookup = new NameLookup(Resolver.SYSTEM, NameLookup.TIMEOUT);
    return loadInMemory(name, source, lookup, ServiceNames.SYSTEM, bind);
  }

  static Config load(Path file, NameLookup lookup, ServiceNames services, ListenCheck bind)
      throws ConfigException {
    return loadInMemory(file.toString(), read(file), lookup, services, bind);
  }

  /** As {@link #load}; a file that needs more memory than there is has a problem. */
  private static Config loadInMemory(
      String name, byte[] source, NameLookup lookup, ServiceNames services, ListenCheck bind)
      throws ConfigException {
    String problem = HeapNeed.loadingProblem(source.length);
    if (problem != null) {
      throw cannotRun(name + ": " + problem);
    }
    try {
      return load(name, source, lookup, services, bind);
    } catch (OutOfMemoryError e) {
      throw cannotRun(name + ": " + HeapNeed.exhausted());
    }
  }

  private static Config load(
      String name, byte[] source, NameLookup lookup, ServiceNames services, ListenCheck bind)
      throws ConfigException {
    Program program;
    Script script;
    try {
      program = Program.compile(name, source);
      script = program.loaded();
    } catch (ScriptException e) {
      throw cannotRun(e.message());
    }
    Map<String, LuaValue> globals = script.globals();
    Chunk chunk = KeyLines.chunk(source);
    var problems = new Problems(name, KeyLines.of(chunk));
    VariableWalk walk = chunk == null ? null : VariableWalk.over(chunk, Keys.GLOBALS);
    boolean isOriginal = OriginalFile.isOriginal(globals);
    if (walk != null) {
      new NameCheck(walk, script, problems).check(isOriginal);
    }
    Draft draft =
        isOriginal
            ? new OriginalFile(globals, problems, services).read()
            : new BackendsFile(globals, script.hostsFromPaths(), namesTls(source), problems).read();
    Config resolved = draft.resolve(lookup, bind, program, problems);
    new SlotCheck(draft.slots(), resolved, problems)
        .check(resolved.hasSelect() && program.readsWeights(), isOriginal);
    if (chunk != null && walk != null) {
      new ReturnedSlots(walk, resolved, problems).check();
      HostSpelling.check(chunk, walk, problems);
      ArgumentFields.check(walk, problems);
    }
    problems.throwIfAny();
    Config config = resolved.with(problems.warnings());
    CertificateOrders orders = config.orders();
    boolean asked = orders != null && orders.asksScript();
    if (config.hasSelect() || config.selection().hasOnFailure() || asked) {
      program.prepare(config.tables());
    } else {
      program.unload();
    }
    try {
      return config.hasSelect() ? config.with(Probe.of(program, config.scriptContext())) : config;
    } catch (ScriptException e) {
      throw cannotRun(e.message());
    }
  }

  /** Whether the text of a file, in a string or a comment, names an address with TLS. */
  private static boolean namesTls(byte[] source) {
    return names(source, Protocol.HTTPS) || names(source, Protocol.H2);
  }

  private static boolean names(byte[] source, Protocol protocol) {
    byte[] prefix = protocol.prefix().getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + prefix.length <= source.length; i++) {
      if (source[i] == prefix[0]
          && Arrays.equals(source, i, i + prefix.length, prefix, 0, prefix.length)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The content of a Lua file.
   *
   * @throws ConfigException if it cannot be read, or is larger than a configuration may be
   */
  public static byte[] read(Path file) throws ConfigException {
    try (InputStream in = Files.newInputStream(file)) {
      return bounded(file.toString(), in);
    } catch (IOException e) {
      throw cannotRun(failure(file, e));
    }
  }

  private static byte[] bounded(String name, InputStream in) throws IOException, ConfigException {
    // One byte more than allowed, because a pipe or /dev/stdin does not know its size.
    byte[] source = in.readNBytes(MAX_BYTES + 1);
    if (source.length > MAX_BYTES) {
      throw cannotRun("cannot read " + name + ": larger than " + MAX_BYTES + " bytes");
    }
    return source;
  }

  /** The error message in the form of the C library, as the original prints it. */
  private static String failure(Path file, IOException e) {
    if (Files.isDirectory(file)) {
      return "cannot read " + file + ": Is a directory";
    }
    if (e instanceof NoSuchFileException) {
      return "cannot open " + file + ": No such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "cannot open " + file + ": Permission denied";
    }
    return "cannot read " + file + ": " + IoReason.of(e);
  }

  private static ConfigException cannotRun(String problem) {
    return new ConfigException(ConfigException.Kind.CANNOT_RUN, List.of(problem));
  }
}
