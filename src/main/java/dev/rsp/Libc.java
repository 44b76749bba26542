// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The one function of the C library that Java has no name for: {@code signal}.
 *
 * <p>It is called through the foreign-function interface, by reflection: on Java 17 that is an
 * incubator module, from 22 on part of the language. Java 21 has what 22 has, as a preview, which
 * reflection may use without a flag. In 18 to 20 the interface was still changing; they may fail
 * here.
 */
final class Libc {
  private Libc() {}

  /**
   * Makes the process do nothing on the signal, in one step from whatever it did before.
   *
   * <p>Doing nothing is not ignoring: it takes a handler, and {@code abs} is a function that is
   * always there, takes an int, and leaves no trace. Ignoring would be inherited and could not be
   * told from what the launcher asked for; the default, even for a microsecond, could end the
   * process.
   *
   * @throws ReflectiveOperationException if this Java has no such interface, or not the expected
   *     one
   * @throws IllegalStateException if the C library refused, or native access is not enabled
   */
  static void handleWithAbs(int signal) throws ReflectiveOperationException {
    MethodHandle handle = Runtime.version().feature() < 18 ? incubating() : standard();
    long before;
    try {
      before = (long) handle.invoke(signal);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
    if (before == -1) { // SIG_ERR
      throw new IllegalStateException("signal(" + signal + ") was refused");
    }
  }

  /** {@code signal(int, abs)} by java.lang.foreign; pointers travel as longs. */
  private static MethodHandle standard() throws ReflectiveOperationException {
    Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
    Class<?> optionsType = Class.forName("[Ljava.lang.foreign.Linker$Option;");
    Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
    Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
    Class<?> valueType = Class.forName("java.lang.foreign.ValueLayout");
    Class<?> functionType = Class.forName("java.lang.foreign.FunctionDescriptor");

    Object linker = linkerType.getMethod("nativeLinker").invoke(null);
    Object symbols = linkerType.getMethod("defaultLookup").invoke(linker);
    Method find = Class.forName("java.lang.foreign.SymbolLookup").getMethod("find", String.class);
    Object signal = found(find.invoke(symbols, "signal"));
    Object abs = found(find.invoke(symbols, "abs"));

    Object intLayout = valueType.getField("JAVA_INT").get(null);
    Object longLayout = valueType.getField("JAVA_LONG").get(null);
    Object function = function(functionType, layoutType, longLayout, intLayout, longLayout);
    Object options = Array.newInstance(optionsType.componentType(), 0);
    Method downcall =
        linkerType.getMethod("downcallHandle", segmentType, functionType, optionsType);
    MethodHandle handle = (MethodHandle) downcall.invoke(linker, signal, function, options);
    return bindLast(handle, (long) segmentType.getMethod("address").invoke(abs));
  }

  /**
   * The same by jdk.incubator.foreign. Naming that module on the command line makes Java print a
   * warning; loading it here, the way Java loads its own agents, does not.
   */
  private static MethodHandle incubating() throws ReflectiveOperationException {
    Method load =
        Class.forName("jdk.internal.module.Modules").getMethod("loadModule", String.class);
    Module module = (Module) load.invoke(null, "jdk.incubator.foreign");
    Class<?> linkerType = type(module, "CLinker");
    Class<?> symbolType = type(module, "Addressable");
    Class<?> addressType = type(module, "MemoryAddress");
    Class<?> layoutType = type(module, "MemoryLayout");
    Class<?> functionType = type(module, "FunctionDescriptor");

    Object linker = linkerType.getMethod("getInstance").invoke(null);
    Object symbols = linkerType.getMethod("systemLookup").invoke(null);
    Method lookup = type(module, "SymbolLookup").getMethod("lookup", String.class);
    Object signal = found(lookup.invoke(symbols, "signal"));
    Object abs = found(lookup.invoke(symbols, "abs"));

    Object intLayout = linkerType.getField("C_INT").get(null);
    Object longLayout = linkerType.getField("C_LONG").get(null);
    Object function = function(functionType, layoutType, longLayout, intLayout, longLayout);
    MethodType type = MethodType.methodType(long.class, int.class, long.class);
    Method downcall =
        linkerType.getMethod("downcallHandle", symbolType, MethodType.class, functionType);
    MethodHandle handle = (MethodHandle) downcall.invoke(linker, signal, type, function);
    return bindLast(handle, (long) addressType.getMethod("toRawLongValue").invoke(abs));
  }

  private static MethodHandle bindLast(MethodHandle signal, long handler) {
    return MethodHandles.insertArguments(signal, 1, handler);
  }

  private static Class<?> type(Module module, String name) throws ClassNotFoundException {
    Class<?> type = Class.forName(module, "jdk.incubator.foreign." + name);
    if (type == null) {
      throw new ClassNotFoundException(name);
    }
    return type;
  }

  private static Object function(
      Class<?> functionType, Class<?> layoutType, Object result, Object first, Object second)
      throws ReflectiveOperationException {
    Object arguments = Array.newInstance(layoutType, 2);
    Array.set(arguments, 0, first);
    Array.set(arguments, 1, second);
    return functionType
        .getMethod("of", layoutType, arguments.getClass())
        .invoke(null, result, arguments);
  }

  private static Object found(Object symbol) {
    return ((Optional<?>) symbol).orElseThrow(() -> new NoSuchElementException("not in libc"));
  }
}
