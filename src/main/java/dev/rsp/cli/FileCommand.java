// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.ConfigException;
import dev.rsp.log.Logging;
import dev.rsp.lua.ScriptException;
import java.util.concurrent.Callable;

/**
 * A command that prints a result about configuration files on standard output, or their problems on
 * standard error. Log lines of scripts are discarded, because they would be mixed with the result.
 */
abstract class FileCommand implements Callable<Integer> {
  @Override
  public final Integer call() {
    Logging.Silence silence = Logging.silence();
    try {
      return run();
    } catch (ConfigException e) {
      return ConfigProblems.print(e);
    } catch (ScriptException e) {
      return failed(e.message());
    } finally {
      silence.close();
    }
  }

  /** Prints the result; returns the exit code. */
  abstract int run() throws ConfigException, ScriptException;

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
