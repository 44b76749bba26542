// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import dev.rsp.config.KeyEntry;
import dev.rsp.config.KeyReference;

/** The manual page {@code backends.lua(5)}: what {@link KeyReference} says of each key. */
public final class FilePage {
  private static final String EXAMPLE =
      """
      listen = "0.0.0.0:8080"

      backends = {
        { name = "live1", address = "10.0.0.11:80" },
        { name = "live2", address = "10.0.0.12:80" },
        { name = "live3", address = "10.0.0.13:80", state = "down" },
      }

      timeouts = { connect = 1.5, drain = 60 }
      """;

  private FilePage() {}

  /**
   * The page in roff.
   *
   * @param date as in {@code 2026-11-27}
   */
  public static String of(String version, String date) {
    Roff page = new Roff("backends.lua", "5", date, "rsp " + version, "File Formats");
    page.section("Name").text("backends.lua - configuration of the reverse proxy rsp");
    page.section("Description");
    page.text(
        "rsp reads one file, by convention backends.lua. It is a Lua program that runs once in a"
            + " sandbox; the values of its global variables are the configuration. listen and"
            + " backends are required, everything else has a default. An unknown global is an"
            + " error, and so is an unknown key inside a table. Variables of your own are local.");
    page.paragraph(
        "rsp check FILE prints all problems as FILE:LINE: KEY: VALUE (expected: ...). rsp reload"
            + " has the running rsp read the file again; a file with a problem changes nothing.");
    page.section("Example");
    page.example(EXAMPLE);
    page.section("Keys");
    page.text("Each key with its values, what applies if it is not set, and its meaning.");
    for (KeyReference.Group group : KeyReference.groups()) {
      page.subsection(group.title());
      for (KeyEntry key : group.keys()) {
        page.item(
            key.path(), " = " + KeyEntry.plain(key.value()), KeyEntry.sentence(key.meaning()));
        page.more("Default: " + KeyEntry.plain(key.unset()) + ".");
      }
    }
    page.section("Reload");
    page.text("What a reload does with the keys, by rsp reload or the signal HUP.");
    for (KeyReference.ReloadEffect effect : KeyReference.reloads()) {
      page.item(String.join(", ", effect.keys()), "", KeyEntry.sentence(effect.effect()));
    }
    page.section("See also").text("rsp(1)");
    return page.toString();
  }
}
