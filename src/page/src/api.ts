// SPDX-License-Identifier: Apache-2.0

/** The admin API, as far as the page uses it: see openapi.json of rsp. */

export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

export type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx";

export interface Traffic {
  hosts: number | null;
  requests: number;
  in_flight: number;
  rate: number;
  status: Record<StatusClass, number>;
  latency_ms: Latency | null;
  bytes_in: number;
  bytes_out: number;
}

export type State = "up" | "drain" | "down" | "spare";

export interface Slot extends Traffic {
  name: string;
  index: number;
  address: string | null;
  protocol: string | null;
  state: State;
  file_state: State;
  weight: number;
  share: number | null;
  failures: Record<string, number>;
}

export interface Slots {
  slots: Slot[];
  total: Traffic;
}

export interface Status {
  version: string;
  pid: number;
  file: string;
  generation: number;
  since: string;
  listen: string[];
  connections: number;
}

export interface Reload {
  at: string;
  accepted: boolean;
  generation: number;
  by: string;
  lines: string[];
}

export interface Hour {
  hour: string;
  requests: number;
  bytes_in: number;
  bytes_out: number;
  backend_seconds: number;
}

export interface Host {
  host: string;
  slot: string | null;
  address: string | null;
  why: string;
  cached: boolean;
  hours: Hour[];
}

export interface KnownHost {
  host: string;
  slot: string;
  address: string | null;
  requests: number;
}

/** For each host of a sample, the index of its slot from 1; 0 for none. */
export interface Space {
  buckets: number;
  slots: number[];
}

export interface SpaceChange {
  buckets: number;
  before: number[];
  after: number[];
  moved: number;
}

export interface Plan {
  hosts: number;
  moved: number;
  percent: number;
  pairs: { from: string; to: string; hosts: number }[];
  alternatives: { what: string; moved: number; percent: number }[];
  slots: { name: string; hosts_before: number; hosts_after: number }[];
  warnings: string[];
}

/** Why a request had no result. */
export class ApiError extends Error {
  constructor(
    /** The status; 0 if rsp did not answer. */
    readonly status: number,
    message: string,
    /** Problems of a candidate, one line each. */
    readonly problems: string[] = [],
  ) {
    super(message);
  }
}

const TOKEN = "rsp.token";

export function token(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function keepToken(text: string | null): void {
  if (text === null) {
    sessionStorage.removeItem(TOKEN);
  } else {
    sessionStorage.setItem(TOKEN, text);
  }
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const known = token();
  if (known !== null) {
    headers.set("Authorization", `Bearer ${known}`);
  }
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "omit" });
  } catch (e) {
    if (init.signal?.aborted) {
      throw e;
    }
    throw new ApiError(0, "rsp does not answer. It may be stopped, or the admin endpoint may have moved.");
  }
  if (!response.ok) {
    throw await refused(response);
  }
  return response;
}

async function refused(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { error?: string; problems?: string[]; lines?: string[] };
    const problems = body.problems ?? body.lines ?? [];
    return new ApiError(response.status, body.error ?? problems[0] ?? response.statusText, problems);
  } catch {
    return new ApiError(response.status, text.slice(0, 200) || `status ${response.status}`);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, { signal: signal ?? null });
  return (await response.json()) as T;
}

export async function post<T>(path: string, body: string, type: string): Promise<T> {
  const response = await request(path, { method: "POST", body, headers: { "Content-Type": type } });
  return (await response.json()) as T;
}

/** Opens a stream of server-sent events. */
export async function events(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await request(path, { signal, headers: { Accept: "text/event-stream" } });
  if (response.body === null) {
    throw new ApiError(0, "the stream of events is empty");
  }
  return response.body;
}
