// SPDX-License-Identifier: Apache-2.0
import { ApiError, events } from "./api";

export interface Event {
  name: string;
  data: string;
}

/**
 * Splits text into events, by the standard of server-sent events (HTML, section 9.2.6), as far as rsp uses it.
 * Text may come in any parts.
 */
export class EventReader {
  private rest = "";

  read(text: string): Event[] {
    const blocks = (this.rest + text).replace(/\r\n?/g, "\n").split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(event).filter((one): one is Event => one !== undefined);
  }
}

function event(block: string): Event | undefined {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") {
      name = value;
    } else if (field === "data") {
      data.push(value);
    }
  }
  return data.length === 0 ? undefined : { name, data: data.join("\n") };
}

export type Connection = "connecting" | "live" | "lost";

const FIRST_DELAY_MILLIS = 1000;
const LAST_DELAY_MILLIS = 15_000;
/** rsp sends an event each second, and a comment at least each 15 seconds. */
const SILENCE_MILLIS = 30_000;

/**
 * Follows the events of rsp, and connects again when they end. Ends itself if the token is refused.
 *
 * @returns ends it
 */
export function follow(
  onEvent: (event: Event) => void,
  onConnection: (state: Connection, why: string) => void,
  onRefused: () => void,
): () => void {
  const end = new AbortController();
  void (async () => {
    let delay = FIRST_DELAY_MILLIS;
    while (!end.signal.aborted) {
      const attempt = new AbortController();
      const stop = () => attempt.abort();
      end.signal.addEventListener("abort", stop);
      let why = "the stream of events has ended";
      try {
        const reader = (await events("api/events", attempt.signal)).getReader();
        onConnection("live", "");
        delay = FIRST_DELAY_MILLIS;
        const decoder = new TextDecoder();
        const parser = new EventReader();
        for (;;) {
          const silence = setTimeout(stop, SILENCE_MILLIS);
          const { done, value } = await reader.read().finally(() => clearTimeout(silence));
          if (done) {
            break;
          }
          parser.read(decoder.decode(value, { stream: true })).forEach(onEvent);
        }
      } catch (e) {
        if (e instanceof ApiError && e.status === 401) {
          onRefused();
          return;
        }
        why = e instanceof ApiError ? e.message : "rsp sends nothing any more.";
      } finally {
        end.signal.removeEventListener("abort", stop);
      }
      if (end.signal.aborted) {
        return;
      }
      onConnection("lost", why);
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = Math.min(delay * 2, LAST_DELAY_MILLIS);
    }
  })();
  return () => end.abort();
}
