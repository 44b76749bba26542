// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Figures at one moment: counters, gauges and distributions by name, each with values by labels.
 * They are read when they are asked for, so that they cost nothing in between. Confined to one
 * thread.
 */
public final class Figures {
  private static final ExpositionFormats FORMATS = ExpositionFormats.init();

  private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();
  private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
  private final Map<String, HistogramSnapshot.Builder> histograms = new LinkedHashMap<>();

  /** What is written, and its media type. */
  public static final class Text {
    private final String type;
    private final byte[] bytes;

    private Text(String type, byte[] bytes) {
      this.type = type;
      this.bytes = bytes;
    }

    /** The media type, with the version of the format. */
    public String type() {
      return type;
    }

    /** The figures in that format. */
    public byte[] bytes() {
      return bytes.clone();
    }
  }

  /**
   * Adds a value that only grows.
   *
   * @param name without {@code _total}
   * @param labels names and values in turn
   */
  public void count(String name, String help, long value, String... labels) {
    count(name, help, (double) value, labels); // Prometheus has no other numbers
  }

  /** The same for a value that is not a whole number. */
  public void count(String name, String help, double value, String... labels) {
    counters
        .computeIfAbsent(name, key -> CounterSnapshot.builder().name(key).help(help))
        .dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(Labels.of(labels))
                .value(value)
                .build());
  }

  /**
   * Adds a value that grows and falls.
   *
   * @param labels names and values in turn
   */
  public void gauge(String name, String help, double value, String... labels) {
    gauges
        .computeIfAbsent(name, key -> GaugeSnapshot.builder().name(key).help(help))
        .dataPoint(
            GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(Labels.of(labels))
                .value(value)
                .build());
  }

  /** The same for a whole number. */
  public void gauge(String name, String help, long value, String... labels) {
    gauge(name, help, (double) value, labels);
  }

  /**
   * Adds a distribution of durations.
   *
   * @param name with its unit, {@code _seconds}
   * @param labels names and values in turn
   */
  public void durations(String name, String help, Distribution values, String... labels) {
    histograms
        .computeIfAbsent(name, key -> HistogramSnapshot.builder().name(key).help(help))
        .dataPoint(values.snapshot(labels));
  }

  /**
   * The figures in the format that a reader accepts.
   *
   * @param accept the value of its Accept field; null if it sends none
   */
  public Text text(@Nullable String accept) {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
    gauges.values().forEach(gauge -> all.metricSnapshot(gauge.build()));
    histograms.values().forEach(histogram -> all.metricSnapshot(histogram.build()));
    ExpositionFormatWriter writer = FORMATS.findWriter(accept);
    var out = new ByteArrayOutputStream();
    try {
      writer.write(out, all.build());
    } catch (IOException e) {
      throw new UncheckedIOException("into memory", e);
    }
    return new Text(writer.getContentType(), out.toByteArray());
  }
}
