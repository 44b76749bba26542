// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Which rsp this is: its version, the commit that it was built from, and the Java that it runs on.
 * Reads a resource on each call; any thread.
 */
public final class BuildInfo {
  /** Written by the build (pom.xml); missing if the classes were compiled without Maven. */
  private static final String RESOURCE = "build.properties";

  private BuildInfo() {}

  /** The version in the manifest of the jar file; {@code unpackaged} without a jar file. */
  public static String version() {
    String version = BuildInfo.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  /**
   * The abbreviated commit, with {@code -dirty} if files were changed; {@code unknown} if the build
   * had no repository, as from a tar file.
   */
  public static String commit() {
    try (InputStream in = BuildInfo.class.getResourceAsStream(RESOURCE)) {
      return commit(in);
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The commit in the content of the resource; null if there is no resource. */
  static String commit(@Nullable InputStream in) throws IOException {
    var properties = new Properties();
    if (in != null) {
      properties.load(in);
    }
    String commit = properties.getProperty("commit", "");
    return commit.matches("[0-9a-f]{7,40}(-dirty)?") ? commit : "unknown";
  }

  /**
   * For a line of the log or of {@code --version}: {@code rsp 1.0 (commit 0123abc, Java 17.0.1)}.
   */
  public static String text() {
    return "rsp %s (commit %s, Java %s)"
        .formatted(version(), commit(), System.getProperty("java.version", "unknown"));
  }
}
