// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rsp slot}: gives a slot of a running rsp another state. */
@Command(
    name = "slot",
    description = {
      "Gives a slot of the running rsp another state, as if the file said so.",
      "It holds over reloads until \"rsp slot NAME file\", or the slot leaves the file."
    },
    mixinStandardHelpOptions = true)
final class SlotCommand extends ControlCommand {
  private static final Pattern ERROR = Pattern.compile("\\{\"error\":\"(.*)\"}\\s*");

  @Parameters(index = "0", paramLabel = "NAME", description = "The name of the slot.")
  private @Nullable String slot;

  @Parameters(
      index = "1",
      paramLabel = "STATE",
      description = "drain, down, up, or file for the state that the file gives it.")
  private @Nullable String state;

  @Override
  public Integer call() {
    if (slot == null || state == null || !state.matches("up|drain|down|file")) {
      return FileCommand.failed(state + ": no state (expected: drain, down, up or file)");
    }
    String name = URLEncoder.encode(slot, StandardCharsets.UTF_8).replace("+", "%20");
    try {
      ControlClient.Answer answer =
          ControlClient.ask(
              control(), "POST", "/api/slots/" + name, "{\"state\":\"" + state + "\"}");
      String text = answer.text();
      if (!answer.ok()) {
        Matcher error = ERROR.matcher(text);
        return FileCommand.failed(slot + ": " + (error.matches() ? error.group(1) : text.strip()));
      }
      FileCommand.print(
          slot
              + (state.equals("file")
                  ? " has the state of the file again"
                  : " is " + state + " now")
              + (text.contains("\"lasts_over_restart\":true") || state.equals("file")
                  ? "\n"
                  : ", until rsp restarts, because the file has no journal\n"));
      return 0;
    } catch (IOException e) {
      return FileCommand.failed(String.valueOf(e.getMessage()));
    }
  }
}
