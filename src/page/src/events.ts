// SPDX-License-Identifier: Apache-2.0
import { ApiError } from "./api";

export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads text/event-stream (HTML §9.2.6) piece by piece, as far as rsp sends it: event, data, comments. */
export class EventReader {
  private rest = "";
  private event = "";
  private data: string[] = [];

  /** The events that are whole with this piece. */
  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop() ?? "";
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      if (line === "") {
        if (this.data.length > 0) {
          events.push({ event: this.event || "message", data: this.data.join("\n") });
        }
        this.event = "";
        this.data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") {
        this.event = value;
      } else if (field === "data") {
        this.data.push(value);
      }
    }
    return events;
  }
}

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** This rsp has no events: it is asked again and again. */
  | { state: "polling" }
  | { state: "lost"; error: ApiError }
  | { state: "refused" };

interface Source {
  open(path: string, init: RequestInit): Promise<Response>;
}

/** rsp sends at least a comment line each 15 seconds: after two of them are missing, the connection is dead. */
const SILENCE_MILLIS = 35_000;

/** The first and the longest pause before it connects again; it doubles. */
const FIRST_PAUSE_MILLIS = 500;
const LONGEST_PAUSE_MILLIS = 8_000;

/** How often an rsp without events is asked. */
const POLL_MILLIS = 2_000;

/** The pause before the attempt after so many failures. */
export function pauseMillis(failures: number): number {
  return Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** failures);
}

/**
 * Follows the events of rsp until the signal ends it; connects again when the connection is lost. Stops with
 * "refused" if the token is wrong.
 */
export async function follow(
  source: Source,
  signal: AbortSignal,
  onEvent: (event: ServerEvent) => void,
  onConnection: (connection: Connection) => void,
  wait: (millis: number, signal: AbortSignal) => Promise<void> = pause,
): Promise<void> {
  let failures = 0;
  onConnection({ state: "connecting" });
  while (!signal.aborted) {
    try {
      await readEvents(source, signal, onEvent, () => {
        failures = 0;
        onConnection({ state: "live" });
      });
      throw new ApiError(0, "The connection ended.");
    } catch (e) {
      if (signal.aborted) {
        return;
      }
      const error = e instanceof ApiError ? e : new ApiError(0, "The connection broke.");
      if (error.status === 401) {
        onConnection({ state: "refused" });
        return;
      }
      if (error.status === 404 && (await poll(source, signal, onEvent, onConnection, wait)) === "ended") {
        return;
      }
      onConnection({ state: "lost", error });
    }
    await wait(pauseMillis(failures++), signal);
  }
}

async function readEvents(source: Source, signal: AbortSignal, onEvent: (event: ServerEvent) => void, onOpen: () => void) {
  const stop = new AbortController();
  const forward = () => stop.abort();
  signal.addEventListener("abort", forward);
  let timer = setTimeout(forward, SILENCE_MILLIS);
  try {
    const response = await source.open("api/events", { signal: stop.signal, headers: { Accept: "text/event-stream" } });
    const body = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    onOpen();
    for (;;) {
      const { value, done } = await body.read();
      if (done) {
        return;
      }
      clearTimeout(timer);
      timer = setTimeout(forward, SILENCE_MILLIS);
      events.push(value).forEach(onEvent);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", forward);
  }
}

/** Asks for the slots until that fails. */
async function poll(
  source: Source,
  signal: AbortSignal,
  onEvent: (event: ServerEvent) => void,
  onConnection: (connection: Connection) => void,
  wait: (millis: number, signal: AbortSignal) => Promise<void>,
): Promise<"ended" | "failed"> {
  for (let first = true; !signal.aborted; first = false) {
    try {
      onEvent({ event: "slots", data: await (await source.open("api/slots", { signal })).text() });
    } catch {
      return signal.aborted ? "ended" : "failed";
    }
    if (first) {
      onConnection({ state: "polling" });
    }
    await wait(POLL_MILLIS, signal);
  }
  return "ended";
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, millis);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
