// SPDX-License-Identifier: Apache-2.0

/** The objects of the admin API, as openapi.json of the daemon describes them. */

export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

export interface Sums {
  hosts: number | null;
  requests: number;
  in_flight: number;
  /** Requests a second, of the last 10 seconds. */
  rate: number;
  status: Record<string, number>;
  /** Of the last minute; null without requests. */
  latency_ms: Latency | null;
  bytes_in: number;
  bytes_out: number;
}

export interface Slot extends Sums {
  name: string;
  /** From 1. */
  index: number;
  address: string | null;
  protocol: string | null;
  state: string;
  file_state: string;
  weight: number;
  share: number | null;
  failures: Record<string, number>;
}

export interface Slots {
  slots: Slot[];
  total: Sums;
}

export interface Space {
  buckets: number;
  /** For each part the index of its slot; 0 if it has none. */
  slots: number[];
}

export interface SpaceChange {
  buckets: number;
  before: number[];
  /** Indexes of the candidate, which may have other slots. */
  after: number[];
  /** The names of the candidate's slots, in their order. */
  names_after: string[];
  /** From 0 to 1. */
  moved: number;
}

export interface Plan {
  hosts: number;
  moved: number;
  percent: number;
  requests: number;
  moved_requests: number;
  pairs: { from: string; to: string; hosts: number; requests: number }[];
  alternatives: { what: string; moved: number; percent: number }[];
  slots: { name: string; hosts_before: number; hosts_after: number }[];
  warnings: string[];
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
  requests?: number;
  last_slot?: string | null;
  hours: Hour[];
}

export interface KnownHosts {
  hosts: { host: string; slot: string; address: string | null; requests: number }[];
  more?: boolean;
}

export type By = "requests" | "bytes" | "time";

export interface TopHosts {
  /** When the hour began. */
  since: string;
  by: By;
  hosts: { host: string; slot: string | null; requests: number; bytes_in: number; bytes_out: number; backend_seconds: number }[];
}

export interface Explanation {
  host: string;
  rule: string;
  hash: string | null;
  n: number;
  slot: string | null;
  address: string | null;
  failover: string[];
}

export interface Reload {
  at: string;
  kind: "reload" | "override";
  accepted: boolean;
  generation: number;
  by: string;
  lines: string[];
}

export interface Certificate {
  path: string;
  names: string[];
  key_type: string | null;
  not_before: string | null;
  not_after: string | null;
  /** Negative if it has expired. */
  days_left: number | null;
  served: boolean;
  problem: string | null;
  notes: string[];
}

export interface Certificates {
  total: number;
  broken: number;
  expired: number;
  next_expiry: string | null;
  certificates: Certificate[];
  more: boolean;
  /** Null if none are ordered: acme is not configured. */
  orders: Orders | null;
}

/** A host for which certificates are ordered. */
export interface OrderedHost {
  host: string;
  state: "stored" | "queued" | "ordering" | "failed";
  not_before: string | null;
  not_after: string | null;
  /** When the next certificate is ordered. */
  renewal: string | null;
  failures: number;
  problem: string | null;
  next_try: string | null;
}

/** What was ordered since the start, and what waits now. */
export interface Orders {
  issued: number;
  renewed: number;
  /** Orders that failed because of their hosts. */
  failed: number;
  /** Orders that failed because of the authority or the store. */
  interrupted: number;
  queued: number;
  running: number;
  waiting_handshakes: number;
  stored: number;
  budget: number;
  budget_used: number;
  /** May be past: then the next order is the attempt. */
  paused_until: string | null;
  pause_reason: string | null;
  hosts: OrderedHost[];
  more: boolean;
}

export interface Status {
  version: string;
  serving: boolean;
  file: string;
  generation: number;
  since: string;
}

/** An answer that is not a success, or none at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: string[] = [],
  ) {
    super(message);
  }
}

/** Where the token is kept between two loads of the page, until the tab is closed. */
const KEY = "rsp-token";

/** The admin API of the server that the page comes from. */
export class Api {
  /** Runs when the server wants another token. */
  onRefused: (given: boolean) => void = () => {};

  private token: string | null;

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly send: typeof fetch,
  ) {
    this.token = storage.getItem(KEY);
  }

  /** Whether there is a token to forget. */
  get hasToken(): boolean {
    return this.token !== null;
  }

  /** Takes a token; null forgets it. */
  setToken(token: string | null): void {
    this.token = token;
    if (token === null) {
      this.storage.removeItem(KEY);
    } else {
      this.storage.setItem(KEY, token);
    }
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.json<T>(path, { signal: signal ?? null });
  }

  /** Sends a candidate file, as bytes. */
  postFile<T>(path: string, text: string): Promise<T> {
    return this.json<T>(path, { method: "POST", body: text, headers: { "Content-Type": "text/plain; charset=utf-8" } });
  }

  postJson<T>(path: string, value: unknown): Promise<T> {
    return this.json<T>(path, { method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });
  }

  /** An answer with status 200, whose body is not read. Throws an ApiError for any other. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const given = this.token !== null;
    if (given) {
      headers.set("Authorization", `Bearer ${this.token}`);
    }
    let response: Response;
    try {
      response = await this.send(path, { ...init, headers, cache: "no-store", credentials: "omit" });
    } catch (e) {
      if (e instanceof DOMException && e.name === "AbortError") {
        throw e;
      }
      throw new ApiError(0, "rsp does not answer. Is it running, and is the admin endpoint reachable from here?");
    }
    if (response.ok) {
      return response;
    }
    const problem = await failure(response);
    if (response.status === 401) {
      this.onRefused(given);
    }
    throw problem;
  }

  private async json<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.open(path, init);
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError(response.status, "The answer is not JSON: does another server or a proxy answer here?");
    }
  }
}

/** What an answer that is not a success says. */
async function failure(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    const value: { error?: string; problems?: string[]; lines?: string[] } = JSON.parse(text);
    const problems = value.problems ?? value.lines ?? [];
    return new ApiError(response.status, value.error ?? problems[0] ?? `status ${response.status}`, problems);
  } catch {
    return new ApiError(response.status, `status ${response.status} ${text.slice(0, 200)}`.trim());
  }
}
