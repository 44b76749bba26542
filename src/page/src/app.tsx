// SPDX-License-Identifier: Apache-2.0
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, get, keepToken, token, type Reload, type Slots, type Status } from "./api";
import { EditView } from "./edit";
import { Header } from "./header";
import { HostView } from "./host";
import { ReloadsView } from "./reloads";
import { SlotsView } from "./slots";
import { follow, type Connection } from "./stream";
import { TokenForm } from "./token";
import { Problem } from "./ui";

/** So many seconds are kept for the small charts. */
const HISTORY = 60;

const VIEWS = [
  { id: "slots", title: "Slots" },
  { id: "edit", title: "Try an edit" },
  { id: "host", title: "Find a host" },
  { id: "reloads", title: "Reloads" },
] as const;

export type View = (typeof VIEWS)[number]["id"];

/** The view, and what follows it: "#host/a.example". */
function route(): { view: View; rest: string } {
  const [id = "", ...rest] = location.hash.slice(1).split("/");
  const known = VIEWS.find((view) => view.id === id);
  let decoded = rest.join("/");
  try {
    decoded = decodeURIComponent(decoded);
  } catch {
    // An address that was edited by hand.
  }
  return { view: known?.id ?? "slots", rest: decoded };
}

/** The rates of the last minute, by slot; those of all slots under "". */
export type History = Map<string, number[]>;

function remember(history: History, now: Slots): History {
  const next: History = new Map();
  const add = (name: string, rate: number) =>
    next.set(name, [...(history.get(name) ?? []), rate].slice(-HISTORY));
  add("", now.total.rate);
  now.slots.forEach((slot) => add(slot.name, slot.rate));
  return next;
}

export function App() {
  const [access, setAccess] = useState<"asking" | "token" | "open">("asking");
  const [refusal, setRefusal] = useState("");
  const [session, setSession] = useState(0);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [why, setWhy] = useState("");
  const [status, setStatus] = useState<Status | null>(null);
  const [slots, setSlots] = useState<Slots | null>(null);
  const [history, setHistory] = useState<History>(new Map());
  const [reloads, setReloads] = useState<Reload[] | null>(null);
  const [at, setAt] = useState(route);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const changed = () => {
      setAt(route());
      heading.current?.focus();
    };
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);

  const askForToken = useCallback((message: string) => {
    keepToken(null);
    setRefusal(message);
    setAccess("token");
  }, []);

  const refresh = useCallback(async () => {
    try {
      const [newStatus, newReloads] = await Promise.all([
        get<Status>("api/status"),
        get<{ reloads: Reload[] }>("api/reloads"),
      ]);
      setStatus(newStatus);
      setReloads(newReloads.reloads);
      setAccess("open");
    } catch (e) {
      if (e instanceof ApiError && e.status === 401) {
        askForToken(token() === null ? "" : "rsp refuses this token.");
      } else {
        setAccess((before) => (before === "asking" ? "open" : before));
        setConnection("lost");
        setWhy(e instanceof Error ? e.message : String(e));
      }
    }
  }, [askForToken]);

  useEffect(() => {
    void refresh();
  }, [refresh, session]);

  useEffect(() => {
    if (access !== "open") {
      return;
    }
    const seen = (now: Slots) => {
      setSlots(now);
      setHistory((before) => remember(before, now));
    };
    return follow(
      ({ name, data }) => {
        if (name === "slots") {
          seen(JSON.parse(data) as Slots);
        } else if (name === "reload") {
          void refresh();
        }
      },
      (state, reason) => {
        setConnection(state);
        setWhy(reason);
        if (state === "live") {
          void refresh();
        }
      },
      () => askForToken("rsp refuses this token now."),
    );
  }, [access, session, refresh, askForToken]);

  if (access === "token") {
    return (
      <TokenForm
        refusal={refusal}
        onToken={(text) => {
          keepToken(text);
          setAccess("asking");
          setSession(session + 1);
        }}
      />
    );
  }

  const title = VIEWS.find((view) => view.id === at.view)?.title ?? "";
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), heading.current?.focus())}>
        Skip to content
      </a>
      <Header status={status} connection={connection} onReloaded={() => void refresh()} />
      <nav aria-label="Views">
        {VIEWS.map((view) => (
          <a
            key={view.id}
            href={`#${view.id}`}
            aria-current={view.id === at.view ? "page" : undefined}
          >
            {view.title}
          </a>
        ))}
      </nav>
      <main id="main">
        <h1 tabIndex={-1} ref={heading} class={at.view === "slots" ? "quiet" : undefined}>
          {title}
        </h1>
        {connection === "lost" && (
          <Problem title="The figures are old">{why} The page tries again by itself.</Problem>
        )}
        {at.view === "slots" && (
          <SlotsView slots={slots} history={history} onChanged={() => void refresh()} />
        )}
        {at.view === "edit" && <EditView slots={slots} file={status?.file ?? ""} />}
        {at.view === "host" && <HostView key={at.rest} host={at.rest} />}
        {at.view === "reloads" && <ReloadsView reloads={reloads} />}
      </main>
      <footer>
        <a href="assets/licenses.txt">Licences of this page's packages</a>
      </footer>
    </>
  );
}
