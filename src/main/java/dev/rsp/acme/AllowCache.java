// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The answers that were given a moment ago. Bounded, so that invented names cost no more. */
final class AllowCache {
  private static final int MAX_YES = 50_000;

  /** Of their own, so that invented names do not displace hosts that are allowed. */
  private static final int MAX_OTHERS = 20_000;

  private static final Duration YES_LASTS = Duration.ofHours(1);

  /** A host that was just added is allowed after this time. */
  private static final Duration NO_LASTS = Duration.ofMinutes(1);

  /** As DNS caches failures (RFC 9520). */
  private static final Duration UNKNOWN_LASTS = Duration.ofSeconds(5);

  private final Cache<String, Allow.Answer> yes;
  private final Cache<String, Allow.Answer> others;

  AllowCache(Ticker ticker) {
    yes =
        Caffeine.newBuilder()
            .maximumSize(MAX_YES)
            .expireAfterWrite(YES_LASTS)
            .executor(Runnable::run)
            .ticker(ticker)
            .build();
    others =
        Caffeine.newBuilder()
            .maximumSize(MAX_OTHERS)
            .expireAfter(
                Expiry.creating(
                    (String host, Allow.Answer answer) ->
                        answer == Allow.Answer.NO ? NO_LASTS : UNKNOWN_LASTS))
            .executor(Runnable::run)
            .ticker(ticker)
            .build();
  }

  Allow.@Nullable Answer get(String host) {
    Allow.Answer answer = yes.getIfPresent(host);
    return answer == null ? others.getIfPresent(host) : answer;
  }

  void put(String host, Allow.Answer answer) {
    if (answer == Allow.Answer.YES) {
      others.invalidate(host);
      yes.put(host, answer);
    } else {
      yes.invalidate(host);
      others.put(host, answer);
    }
  }

  /** The rule has changed. */
  void clear() {
    yes.invalidateAll();
    others.invalidateAll();
  }
}
