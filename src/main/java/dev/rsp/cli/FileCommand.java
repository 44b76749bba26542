// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenCheck;
import dev.rsp.journal.HostList;
import dev.rsp.log.IoReason;
import dev.rsp.log.Logging;
import dev.rsp.lua.ScriptException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * A command that prints a result about configuration files on standard output, or their problems on
 * standard error. Log lines of scripts are discarded, because they would be mixed with the result.
 */
abstract class FileCommand implements Callable<Integer> {
  /** Instead of a file's name: standard input. A file of this name is {@code ./-}. */
  static final String DASH = "-";

  /** The most hosts that are read: a bound on memory, and far more than a journal holds. */
  static final int MAX_HOSTS = 1_000_000;

  /** The name of standard input in messages. */
  private static final String STDIN = "stdin";

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  /** The name of the file that was read last. */
  private String loading = "";

  private boolean stdinRead;

  @Override
  public final Integer call() {
    Logging.Silence silence = Logging.silence();
    try {
      return run();
    } catch (ConfigException e) {
      return ConfigProblems.print(loading, e);
    } catch (ScriptException e) {
      return failed(e.message());
    } finally {
      silence.close();
    }
  }

  /** Prints the result; returns the exit code. */
  abstract int run() throws ConfigException, ScriptException;

  /** Loads a configuration from a file, or from standard input if the name is {@link #DASH}. */
  final Config load(Path file) throws ConfigException {
    return load(file, ListenCheck.NONE);
  }

  /** Loads a configuration and checks its listen addresses. */
  final Config load(Path file, ListenCheck bind) throws ConfigException {
    loading = name(file);
    try (var line = ProgressLine.open()) {
      line.at("loading " + loading);
      return isStdin(file)
          ? ConfigLoader.load(STDIN, stdin(), bind)
          : ConfigLoader.load(file, bind);
    }
  }

  /** The hosts in a file, or in standard input if the name is {@link #DASH}. */
  private HostList hosts(Path file, int most) throws IOException {
    return isStdin(file) ? HostList.read(stdin(), most) : HostList.read(file, most);
  }

  /** The name of a file in messages. */
  static String name(Path file) {
    return isStdin(file) ? STDIN : file.toString();
  }

  static boolean isStdin(Path file) {
    return file.toString().equals(DASH);
  }

  private InputStream stdin() {
    if (stdinRead) {
      throw wrong("-: standard input can be read only once");
    }
    stdinRead = true;
    return System.in;
  }

  /** The exception for a wrong command line. */
  final CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(
        Objects.requireNonNull(spec, "set by picocli").commandLine(), message);
  }

  /** The hosts in a file; null if there are none, and then standard error says why. */
  final @Nullable HostList read(Path source) {
    try {
      HostList list;
      try (var line = ProgressLine.open()) {
        line.at("reading the hosts of " + name(source));
        list = hosts(source, MAX_HOSTS);
      }
      if (!list.hosts().isEmpty()) {
        return list;
      }
      System.err.println(name(source) + ": no hosts in it (expected: one on each line)");
    } catch (IOException e) {
      System.err.println("cannot read " + name(source) + ": " + IoReason.of(e));
    }
    return null;
  }

  /** Prints the reason for a failure on standard error; returns the exit code. */
  static int failed(String reason) {
    System.err.println(reason);
    return 1;
  }

  /** Prints text that ends with a line feed on standard output. */
  static void print(String text) {
    System.out.print(text);
    System.out.flush();
  }
}
