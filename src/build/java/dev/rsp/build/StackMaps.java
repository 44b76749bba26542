// SPDX-License-Identifier: Apache-2.0
package dev.rsp.build;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/**
 * A step of the build: gives old classes of jars the class file format of Java 8, which has stack
 * maps (JVMS 4.7.4). Java's archives of classes take no class of a format before Java 6, nor one
 * that extends such a class: Java reads and verifies it at each start. The instructions stay.
 *
 * <p>The arguments are the jars. They are replaced, and keep their time. The same jar gives the
 * same bytes.
 */
public final class StackMaps {
  /** LuaJ's compiler to classes of Java. It needs BCEL, which does not ship, so it cannot run. */
  private static final String NOT_LOADABLE = "org/luaj/vm2/luajc/";

  private static final String NOTE = "META-INF/rsp-changes.txt";

  /** The licenses of these jars are MIT and Apache-2.0, whose section 4 asks for such a notice. */
  private static final String NOTE_TEXT =
      """
      The build of rsp changed the classes of this jar: their format is that of Java 8, with stack maps.
      Their instructions are those of the original jar of the same name and version.
      """;

  private StackMaps() {}

  public static void main(String[] jars) throws IOException {
    for (String jar : jars) {
      replace(Path.of(jar));
    }
  }

  private static void replace(Path jar) throws IOException {
    Path made = jar.resolveSibling(jar.getFileName() + ".new");
    FileTime time = Files.getLastModifiedTime(jar);
    try (ZipFile original = new ZipFile(jar.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        ZipOutputStream changed = new ZipOutputStream(Files.newOutputStream(made))) {
      for (ZipEntry entry : Collections.list(original.entries())) {
        try (InputStream in = original.getInputStream(entry)) {
          byte[] bytes = in.readAllBytes();
          add(changed, entry.getName(), entry, changes(entry) ? changed(bytes, classes) : bytes);
        }
      }
      byte[] note = NOTE_TEXT.getBytes(StandardCharsets.UTF_8);
      add(changed, NOTE, original.entries().nextElement(), note);
    }
    Files.setLastModifiedTime(made, time);
    Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void add(ZipOutputStream jar, String name, ZipEntry timed, byte[] bytes)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // Not setTime: what it writes depends on the time zone of the builder.
    entry.setTimeLocal(timed.getTimeLocal());
    jar.putNextEntry(entry);
    jar.write(bytes);
  }

  private static boolean changes(ZipEntry entry) {
    String name = entry.getName();
    return name.endsWith(".class")
        && !name.startsWith(NOT_LOADABLE)
        && !name.endsWith("module-info.class");
  }

  private static byte[] changed(byte[] original, ClassLoader classes) {
    ClassWriter writer =
        new ClassWriter(ClassWriter.COMPUTE_FRAMES) {
          // Where two branches meet, the map has the class that both values extend.
          @Override
          protected ClassLoader getClassLoader() {
            return classes;
          }
        };
    ClassVisitor inFormatOfJava8 =
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public void visit(
              int version,
              int access,
              String name,
              String signature,
              String superName,
              String[] interfaces) {
            super.visit(Opcodes.V1_8, access, name, signature, superName, interfaces);
          }
        };
    new ClassReader(original).accept(inFormatOfJava8, ClassReader.SKIP_FRAMES);
    return writer.toByteArray();
  }
}
