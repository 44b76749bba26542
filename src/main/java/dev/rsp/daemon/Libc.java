// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.Collections;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Functions of the C library that rsp needs and Java does not offer, for signals.
 *
 * <p>They are called by reflection through the foreign-function interface, which is an incubator
 * module in Java 17 and standard from Java 22 on. Java 21 has the same interface as a preview,
 * which reflection may use without a flag. In Java 18 to 20 the interface was still changing, so a
 * call may fail there.
 *
 * <p>All functions are called with three longs, and return one. An int is the lower half of the
 * same register, and a function does not look at the registers of arguments that it does not have:
 * so say the calling conventions of x86-64 and aarch64. Java makes code for each form of a call,
 * which takes a tenth of the start, so there is one form.
 */
final class Libc {
  /** O_CLOEXEC and EFD_CLOEXEC of Linux on x86-64 and aarch64. */
  private static final long CLOSE_ON_EXEC = 0x80000;

  /** The most that a function here has: dup3, fcntl and read. */
  private static final int ARGUMENTS = 3;

  // F_SETFD with FD_CLOEXEC, F_GETFL, F_SETFL and O_NONBLOCK of Linux on both.
  private static final long SET_DESCRIPTOR_FLAGS = 2;
  private static final long FD_CLOEXEC = 1;
  private static final long GET_FLAGS = 3;
  private static final long SET_FLAGS = 4;
  private static final long NONBLOCK = 0x800;

  private Libc() {}

  /**
   * Installs {@code abs} as the handler of a signal, so that the process does nothing on it. The
   * handler before is replaced in one system call.
   *
   * <p>The signal must not be ignored instead: HotSpot could not see the difference from the {@code
   * trap} of the launcher, and child processes would inherit it. The default action must not be
   * restored either, not even for a microsecond, because it could end the process. So a handler is
   * needed that does nothing: {@code abs} is in every C library, takes an int, and has no side
   * effect.
   *
   * @param signal the number of the signal
   * @throws ReflectiveOperationException if this Java does not have the expected interface
   * @throws IllegalStateException if the C library refused, or native access is not enabled
   */
  static void handleWithAbs(int signal) throws ReflectiveOperationException {
    handle(signal, "abs");
  }

  /**
   * Makes a signal add to a new eventfd(2), whose descriptor is the number of the signal. What has
   * this descriptor before is closed.
   *
   * <p>A handler gets the number of its signal and, on Linux, the address of the details of the
   * signal. {@code eventfd_write} takes a descriptor and a number that is not 0, is safe in a
   * handler (it is one write(2)), and wakes a thread that waits in {@link #read}. So the C library
   * itself passes the signal on, and no code of Java runs in the handler.
   *
   * @return waits for the next signal, and returns false if that is not possible
   * @throws ReflectiveOperationException if this Java does not have the expected interface
   * @throws IllegalStateException if the C library refused, or native access is not enabled
   */
  static BooleanSupplier handleWithEvent(int signal) throws ReflectiveOperationException {
    long event = call(function("eventfd"), 0, CLOSE_ON_EXEC, 0);
    if ((int) event < 0 || (int) call(function("dup3"), event, signal, CLOSE_ON_EXEC) < 0) {
      throw new IllegalStateException("no descriptor " + signal + " for an eventfd");
    }
    call(function("close"), event, 0, 0);
    MethodHandle read = function("read");
    handle(signal, "eventfd_write");
    return () -> read(read, signal);
  }

  /**
   * Has calls on a descriptor return at once, and closes it in child processes.
   *
   * @throws ReflectiveOperationException if this Java does not have the expected interface
   * @throws IllegalStateException if the C library refused, or native access is not enabled
   */
  static void doNotBlock(int descriptor) throws ReflectiveOperationException {
    MethodHandle fcntl = function("fcntl");
    long flags = call(fcntl, descriptor, GET_FLAGS, 0);
    if ((int) flags < 0
        || (int) call(fcntl, descriptor, SET_FLAGS, flags | NONBLOCK) < 0
        || (int) call(fcntl, descriptor, SET_DESCRIPTOR_FLAGS, FD_CLOEXEC) < 0) {
      throw new IllegalStateException("fcntl(" + descriptor + ") was refused");
    }
  }

  /**
   * Waits for an event. The counter is reset before its value is copied to address 0, which fails:
   * so no memory outside of Java is needed.
   */
  private static boolean read(MethodHandle read, int descriptor) {
    try {
      call(read, descriptor, 0, Long.BYTES);
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  private static void handle(int signal, String handler) throws ReflectiveOperationException {
    if (call(function("signal"), signal, symbols().address(handler), 0) == -1) { // SIG_ERR
      throw new IllegalStateException("signal(" + signal + ") was refused");
    }
  }

  private static long call(MethodHandle function, long first, long second, long third)
      throws ReflectiveOperationException {
    try {
      return (long) function.invokeExact(first, second, third);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new ReflectiveOperationException(e);
    }
  }

  private static MethodHandle function(String name) throws ReflectiveOperationException {
    return Form.CALL.bindTo(symbols().symbol(name));
  }

  private static Symbols symbols() {
    return Runtime.version().feature() < 18 ? new Incubating() : new Standard();
  }

  /** The form of all calls: the address of a function, and three longs; returns a long. */
  private static final class Form {
    static final MethodHandle CALL;

    static {
      try {
        CALL = symbols().call();
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("no calls of the C library", e);
      }
    }
  }

  /** What the foreign-function interfaces have in common. */
  private interface Symbols {
    /** Calls a symbol, which is its first argument, with {@link #ARGUMENTS} longs. */
    MethodHandle call() throws ReflectiveOperationException;

    Object symbol(String name) throws ReflectiveOperationException;

    long address(String name) throws ReflectiveOperationException;
  }

  /** Through java.lang.foreign. */
  private static final class Standard implements Symbols {
    @Override
    public MethodHandle call() throws ReflectiveOperationException {
      Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
      Class<?> optionsType = Class.forName("[Ljava.lang.foreign.Linker$Option;");
      Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
      Class<?> functionType = Class.forName("java.lang.foreign.FunctionDescriptor");
      Object longLayout =
          Class.forName("java.lang.foreign.ValueLayout").getField("JAVA_LONG").get(null);
      Object function = descriptor(functionType, layoutType, longLayout);
      Object options = Array.newInstance(optionsType.componentType(), 0);
      return (MethodHandle)
          linkerType
              .getMethod("downcallHandle", functionType, optionsType)
              .invoke(linker(linkerType), function, options);
    }

    @Override
    public long address(String name) throws ReflectiveOperationException {
      Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
      return (long) segmentType.getMethod("address").invoke(symbol(name));
    }

    private static Object linker(Class<?> linkerType) throws ReflectiveOperationException {
      return linkerType.getMethod("nativeLinker").invoke(null);
    }

    @Override
    public Object symbol(String name) throws ReflectiveOperationException {
      Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
      Object symbols = linkerType.getMethod("defaultLookup").invoke(linker(linkerType));
      return found(
          Class.forName("java.lang.foreign.SymbolLookup")
              .getMethod("find", String.class)
              .invoke(symbols, name));
    }
  }

  /**
   * Through jdk.incubator.foreign. If that module is named on the command line, Java prints a
   * warning; it does not if the module is loaded here, as Java loads its own agents.
   */
  private static final class Incubating implements Symbols {
    @Override
    public MethodHandle call() throws ReflectiveOperationException {
      Module module = module();
      Class<?> linkerType = type(module, "CLinker");
      Class<?> layoutType = type(module, "MemoryLayout");
      Class<?> functionType = type(module, "FunctionDescriptor");
      Object longLayout = linkerType.getField("C_LONG").get(null);
      Object function = descriptor(functionType, layoutType, longLayout);
      MethodType type =
          MethodType.methodType(long.class, Collections.nCopies(ARGUMENTS, long.class));
      Object linker = linkerType.getMethod("getInstance").invoke(null);
      return (MethodHandle)
          linkerType
              .getMethod("downcallHandle", MethodType.class, functionType)
              .invoke(linker, type, function);
    }

    @Override
    public long address(String name) throws ReflectiveOperationException {
      Module module = module();
      Class<?> addressType = type(module, "MemoryAddress");
      return (long) addressType.getMethod("toRawLongValue").invoke(symbol(name));
    }

    private static Module module() throws ReflectiveOperationException {
      return (Module)
          Class.forName("jdk.internal.module.Modules")
              .getMethod("loadModule", String.class)
              .invoke(null, "jdk.incubator.foreign");
    }

    @Override
    public Object symbol(String name) throws ReflectiveOperationException {
      Module module = module();
      Object symbols = type(module, "CLinker").getMethod("systemLookup").invoke(null);
      return found(
          type(module, "SymbolLookup").getMethod("lookup", String.class).invoke(symbols, name));
    }
  }

  private static Class<?> type(Module module, String name) throws ClassNotFoundException {
    Class<?> type = Class.forName(module, "jdk.incubator.foreign." + name);
    if (type == null) {
      throw new ClassNotFoundException(name);
    }
    return type;
  }

  /** The description of a function of {@link #ARGUMENTS} longs that returns a long. */
  private static Object descriptor(Class<?> functionType, Class<?> layoutType, Object longLayout)
      throws ReflectiveOperationException {
    Object arguments = Array.newInstance(layoutType, ARGUMENTS);
    for (int i = 0; i < ARGUMENTS; i++) {
      Array.set(arguments, i, longLayout);
    }
    return functionType
        .getMethod("of", layoutType, arguments.getClass())
        .invoke(null, longLayout, arguments);
  }

  private static Object found(Object symbol) {
    return ((Optional<?>) symbol).orElseThrow(() -> new NoSuchElementException("not in libc"));
  }
}
