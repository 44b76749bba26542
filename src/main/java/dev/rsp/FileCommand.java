// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.config.ConfigException;
import dev.rsp.log.Logging;
import dev.rsp.lua.ScriptException;
import java.util.concurrent.Callable;

/**
 * A command that answers a question about configuration files on standard output, or says on
 * standard error what is wrong with them. What scripts log is written nowhere: it would stand
 * between the lines of the answer.
 */
abstract class FileCommand implements Callable<Integer> {
  @Override
  public final Integer call() {
    Logging.Silence silence = Logging.silence();
    try {
      return answer();
    } catch (ConfigException e) {
      return Main.report(e);
    } catch (ScriptException e) {
      return failed(e.told());
    } finally {
      silence.close();
    }
  }

  /** Answers; returns the exit code. */
  abstract int answer() throws ConfigException, ScriptException;

  /** Says why there is no answer; returns the exit code. */
  static int failed(String why) {
    System.err.println(why);
    return 1;
  }

  /** Says the answer, whose lines are all ended. */
  static void say(String text) {
    System.out.print(text);
    System.out.flush();
  }
}
