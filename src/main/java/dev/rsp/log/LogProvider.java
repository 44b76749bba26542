// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LogbackServiceProvider;
import ch.qos.logback.classic.util.LogbackMDCAdapter;

/**
 * Logback for SLF4J with the configuration of {@link Logging}. The launcher names it, so that
 * neither SLF4J nor Logback looks for services in all jars, which takes a tenth of the start. With
 * a file of the operator, Logback does all as usual.
 */
public final class LogProvider extends LogbackServiceProvider {
  /** Called by SLF4J. */
  public LogProvider() {}

  @Override
  public void initialize() {
    if (Logging.hasOwnFile()
        || !(getLoggerFactory() instanceof LoggerContext context)
        || !(getMDCAdapter() instanceof LogbackMDCAdapter adapter)) {
      super.initialize();
      return;
    }
    // As Logback's own provider does.
    context.setName("default");
    context.setMDCAdapter(adapter);
    var logging = new Logging();
    logging.setContext(context);
    logging.configure(context);
    context.start();
  }
}
