// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * An extension of every test class, which fails it if it let go of a buffer without releasing it.
 *
 * <p>JUnit finds it as a service. Netty tells of a leak when it makes the next buffer after the
 * garbage collector has found the lost one, so this forces both. A buffer that a constant still
 * holds is no leak.
 */
public final class LeakCheck implements AfterAllCallback {
  private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
  private static final AtomicLong TRACKED = new AtomicLong();
  private static final long COLLECTION_MILLIS = 60_000;

  private final ByteBufAllocator allocator;
  private long checked;

  /** Made by JUnit, before any test class has made a buffer. */
  public LeakCheck() {
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Factory());
    allocator = new AdaptiveByteBufAllocator();
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    if (TRACKED.get() == checked) {
      return; // a class without buffers need not wait for the collector
    }
    collectGarbage();
    allocator.directBuffer(1).release();
    checked = TRACKED.get();
    List<String> leaks = new ArrayList<>();
    for (String leak = LEAKS.poll(); leak != null; leak = LEAKS.poll()) {
      leaks.add(leak);
    }
    if (!leaks.isEmpty()) {
      throw new AssertionError(leaks.size() + " leaked:\n" + String.join("\n", leaks));
    }
  }

  /** Returns when the collector has found all that was unreachable before the call. */
  private static void collectGarbage() throws InterruptedException {
    var found = new ReferenceQueue<Object>();
    var lost = new PhantomReference<>(new Object(), found);
    System.gc();
    if (found.remove(COLLECTION_MILLIS) != lost) {
      throw new IllegalStateException("no garbage collection in " + COLLECTION_MILLIS + " ms");
    }
  }

  /** Makes detectors that remember. */
  private static final class Factory extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation") // abstract all the same
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> type, int samplingInterval, long maxActive) {
      return new Detector<>(type, samplingInterval);
    }

    @Override
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> type, int samplingInterval) {
      return new Detector<>(type, samplingInterval);
    }
  }

  /** Netty's detector, but what it reports is kept. */
  private static final class Detector<T> extends ResourceLeakDetector<T> {
    Detector(Class<T> type, int samplingInterval) {
      super(type, samplingInterval);
    }

    @Override
    public @Nullable ResourceLeakTracker<T> track(T resource) {
      TRACKED.incrementAndGet();
      return super.track(resource);
    }

    @Override
    protected void reportTracedLeak(String type, String records) {
      LEAKS.add(type + records);
    }

    @Override
    protected void reportUntracedLeak(String type) {
      LEAKS.add(type + " (run with -Dio.netty.leakDetection.level=paranoid to see where)");
    }
  }
}
