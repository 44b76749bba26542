// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type Api, type Reload, type Slots, type Status } from "./api";
import { CertificatesView } from "./CertificatesView";
import { follow, type Connection, type ServerEvent } from "./events";
import { ago, localTime } from "./format";
import { HelpView } from "./HelpView";
import { HostsView } from "./HostsView";
import { Overview } from "./Overview";
import { ReloadDialog } from "./ReloadDialog";
import { ReloadsView } from "./ReloadsView";
import { History } from "./slots";
import { SpaceView } from "./SpaceView";
import { TokenForm } from "./TokenForm";
import { Mark } from "./parts";

const VIEWS = [
  { path: "slots", title: "Slots" },
  { path: "space", title: "Hash space" },
  { path: "hosts", title: "Hosts" },
  { path: "certificates", title: "Certificates" },
  { path: "reloads", title: "Reloads" },
  { path: "help", title: "Help" },
] as const;

type Path = (typeof VIEWS)[number]["path"];

/** The view and what follows it in the address: #/hosts/www.a.example. */
function place(): { path: Path; rest: string } {
  const [, first = "", ...rest] = location.hash.split("/");
  const view = VIEWS.find((v) => v.path === first) ?? VIEWS[0];
  let text = rest.join("/");
  try {
    text = decodeURIComponent(text);
  } catch {
    // Someone edited the address: it is taken as it is.
  }
  return { path: view.path, rest: text };
}

/** The whole page. */
export function App({ api }: { api: Api }) {
  const [at, setAt] = useState(place);
  const [slots, setSlots] = useState<Slots | null>(null);
  const [status, setStatus] = useState<Status | null>(null);
  const [reloads, setReloads] = useState<Reload[] | null>(null);
  const [reloadsError, setReloadsError] = useState<string | null>(null);
  const [connection, setConnection] = useState<Connection>({ state: "connecting" });
  /** null: none is asked for. */
  const [asked, setAsked] = useState<"first" | "wrong" | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [reloading, setReloading] = useState(false);
  /** Grows with each "/", which goes to the search in the documents. */
  const [searching, setSearching] = useState(0);
  const history = useRef(new History()).current;
  const heading = useRef<HTMLHeadingElement>(null);

  api.onRefused = useCallback((given: boolean) => setAsked(given ? "wrong" : "first"), []);

  useEffect(() => {
    const moved = () => {
      const next = place();
      setAt(next);
      if (next.path !== "help") {
        setSearching(0);
      }
      heading.current?.focus();
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);

  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const typing = e.target instanceof Element && e.target.closest("input, textarea, select, dialog") !== null;
      if (e.key === "/" && !typing && !e.ctrlKey && !e.altKey && !e.metaKey) {
        e.preventDefault();
        if (place().path !== "help") {
          location.hash = "#/help";
        }
        setSearching((n) => n + 1);
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);

  const load = useCallback(
    (signal?: AbortSignal) => {
      api.get<Status>("api/status", signal).then(setStatus, () => {});
      api.get<{ reloads: Reload[] }>("api/reloads", signal).then(
        (answer) => {
          setReloads(answer.reloads);
          setReloadsError(null);
        },
        (e) => e instanceof ApiError && setReloadsError(e.message),
      );
    },
    [api],
  );

  useEffect(() => {
    const stop = new AbortController();
    const onEvent = ({ event, data }: ServerEvent) => {
      if (event === "slots") {
        const now = JSON.parse(data) as Slots;
        history.add(now);
        setSlots(now);
      } else if (event === "reload") {
        load(stop.signal);
      }
    };
    const onConnection = (next: Connection) => {
      setConnection(next);
      if (next.state === "live" || next.state === "polling") {
        setAsked(null);
        load(stop.signal);
      }
    };
    void follow(api, stop.signal, onEvent, onConnection);
    return () => stop.abort();
  }, [api, attempt, load]);

  const enter = (token: string) => {
    api.setToken(token);
    setAsked(null);
    setAttempt((n) => n + 1);
  };
  const forget = () => {
    api.setToken(null);
    setSlots(null);
    setStatus(null);
    setReloads(null);
    setAttempt((n) => n + 1);
  };

  const view = VIEWS.find((v) => v.path === at.path)!;
  useEffect(() => {
    document.title = `${view.title} – rsp`;
  }, [view.title]);
  const names = useMemo(() => new Map(slots?.slots.map((slot) => [slot.index, slot.name])), [slots?.slots]);

  if (asked !== null) {
    return <TokenForm wrong={asked === "wrong"} onToken={enter} />;
  }
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), heading.current?.focus())}>
        Skip to the content
      </a>
      <header class="top">
        <div class="brand">
          <Mark />
          <strong>rsp</strong>
          {status && <span class="dim version">{status.version}</span>}
        </div>
        <nav aria-label="Views">
          {VIEWS.map((v) => (
            <a href={`#/${v.path}`} aria-current={v.path === at.path ? "page" : undefined} key={v.path}>
              {v.title}
            </a>
          ))}
        </nav>
        <div class="tools">
          <ConnectionState connection={connection} />
          <button type="button" onClick={() => setReloading(true)} disabled={slots === null}>
            Reload…
          </button>
          {api.hasToken && (
            <button type="button" class="quiet" onClick={forget}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main id="main">
        <div class="title">
          <h1 ref={heading} tabIndex={-1}>
            {view.title}
          </h1>
          {status && (
            <p class="dim in-force">
              Configuration <b>{status.generation}</b> in force since{" "}
              <time dateTime={status.since} title={ago(status.since, Date.now())}>
                {localTime(status.since)}
              </time>
              , from <code>{status.file}</code>
            </p>
          )}
        </div>
        <ConnectionProblem connection={connection} stale={slots !== null} />
        {at.path === "slots" && <Overview api={api} slots={slots} history={history} failed={connection.state === "lost"} />}
        {at.path === "space" && <SpaceView api={api} names={names} generation={status?.generation ?? 0} />}
        {at.path === "hosts" && <HostsView api={api} host={at.rest} names={names} />}
        {at.path === "certificates" && <CertificatesView api={api} name={at.rest} />}
        {at.path === "reloads" && <ReloadsView reloads={reloads} error={reloadsError} onRetry={() => load()} />}
        {at.path === "help" && <HelpView at={at.rest} searching={searching} />}
      </main>
      <footer class="dim">
        <a href="assets/licenses.txt">Licences</a>
        <span>The same figures: <code>rsp status</code>, <code>/metrics</code></span>
      </footer>
      {reloading && (
        <ReloadDialog
          api={api}
          file={status?.file ?? null}
          onClose={() => {
            setReloading(false);
            load();
          }}
        />
      )}
    </>
  );
}

const STATES: Record<Connection["state"], string> = {
  connecting: "Connecting",
  live: "Live",
  polling: "Every 2 s",
  lost: "Not connected",
  refused: "No token",
};

/** Its changes are announced; the figures, which change each second, are not. */
function ConnectionState({ connection }: { connection: Connection }) {
  return (
    <span class={`connection ${connection.state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {STATES[connection.state]}
    </span>
  );
}

function ConnectionProblem({ connection, stale }: { connection: Connection; stale: boolean }) {
  if (connection.state !== "lost") {
    return null;
  }
  return (
    <p class="notice bad" role="alert">
      <b>Not connected to rsp.</b> {connection.error.message} The page tries again by itself.
      {stale && " The figures below are the last ones that came."}
    </p>
  );
}
