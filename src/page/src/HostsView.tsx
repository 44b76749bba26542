// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import { ApiError, type Api, type By, type Explanation, type Host, type Hour, type KnownHosts, type TopHosts } from "./api";
import { bytes, count, localTime, plural, seconds } from "./format";
import { Loading, Problem, Swatch } from "./parts";

/** How many known hosts are listed. */
const LISTED = 50;

/** How many of the busiest hosts are listed, and how often they are asked for. */
const BUSIEST = 20;
const BUSIEST_MILLIS = 10_000;

type Answer = { is: "none" } | { is: "loading" } | { is: "failed"; error: string } | { is: "found"; host: Host; explained: Explanation | null };

/** Where a host goes, why, and what it did lately. */
export function HostsView({ api, host, names }: { api: Api; host: string; names: Map<number, string> }) {
  const [typed, setTyped] = useState(host);
  const [path, setPath] = useState("");
  const [method, setMethod] = useState("GET");
  const [asked, setAsked] = useState({ path: "", method: "GET" });
  const [answer, setAnswer] = useState<Answer>({ is: "none" });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => setTyped(host), [host]);
  useEffect(() => {
    if (host === "") {
      setAnswer({ is: "none" });
      return;
    }
    const stop = new AbortController();
    setAnswer({ is: "loading" });
    const explain =
      asked.path === "" && asked.method === "GET"
        ? Promise.resolve(null)
        : api.get<Explanation>(`api/explain?${new URLSearchParams({ host, path: asked.path || "/", method: asked.method })}`, stop.signal);
    Promise.all([api.get<Host>(`api/hosts/${encodeURIComponent(host)}`, stop.signal), explain]).then(
      ([found, explained]) => setAnswer({ is: "found", host: found, explained }),
      (e) => e instanceof ApiError && setAnswer({ is: "failed", error: e.message }),
    );
    return () => stop.abort();
  }, [api, host, asked, attempt]);

  const submit = (e: Event) => {
    e.preventDefault();
    const name = typed.trim();
    if (name === "") {
      return;
    }
    setAsked({ path: path.trim(), method: method.trim() || "GET" });
    setAttempt((n) => n + 1);
    location.hash = `#/hosts/${encodeURIComponent(name)}`;
  };
  return (
    <div class="hosts">
      <form class="lookup" role="search" onSubmit={submit}>
        <div class="field grow">
          <label for="host">Host</label>
          <input
            id="host"
            type="text"
            inputMode="url"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            placeholder="www.example.com"
            value={typed}
            onInput={(e) => setTyped(e.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="method">Method</label>
          <input id="method" type="text" spellcheck={false} size={6} value={method} onInput={(e) => setMethod(e.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="path">Path</label>
          <input id="path" type="text" spellcheck={false} placeholder="/" size={14} value={path} onInput={(e) => setPath(e.currentTarget.value)} />
        </div>
        <button type="submit" class="primary">
          Where does it go?
        </button>
      </form>
      <div class="columns">
        <section aria-labelledby="answer" aria-live="polite" aria-busy={answer.is === "loading"}>
          <h2 id="answer" class={answer.is === "found" ? undefined : "hidden"}>
            {answer.is === "found" ? answer.host.host : "Answer"}
          </h2>
          {answer.is === "none" && (
            <p class="empty">
              <b>Type a host</b> in any spelling, or choose a known one. rsp says where it goes now, and why.
            </p>
          )}
          {answer.is === "loading" && <Loading what={host} />}
          {answer.is === "failed" && (
            <Problem what={`No answer for “${host}”.`} error={answer.error} onRetry={() => setAttempt((n) => n + 1)} />
          )}
          {answer.is === "found" && <Found host={answer.host} explained={answer.explained} asked={asked} names={names} />}
        </section>
        <Known api={api} prefix={typed.trim().toLowerCase()} />
      </div>
      <Busiest api={api} />
    </div>
  );
}

function Found({ host, explained, asked, names }: { host: Host; explained: Explanation | null; asked: { path: string; method: string }; names: Map<number, string> }) {
  const slot = explained ? explained.slot : host.slot;
  const address = explained ? explained.address : host.address;
  const index = [...names].find(([, name]) => name === slot)?.[0] ?? 0;
  return (
    <>
      <dl class="facts">
        <dt>Goes to</dt>
        <dd class="target">
          <Swatch index={index} />
          {slot === null && address === null ? <b>no slot: rsp refuses it</b> : <b>{slot ?? address}</b>}
          {slot !== null && address !== null && address !== slot && <span class="dim">{address}</span>}
        </dd>
        {explained && (
          <>
            <dt>Request</dt>
            <dd>
              <code>
                {asked.method} {asked.path || "/"}
              </code>
            </dd>
          </>
        )}
        <dt>Why</dt>
        <dd>{explained ? explained.rule : host.why}</dd>
        {explained?.hash && (
          <>
            <dt>Hash</dt>
            <dd>
              <code>{explained.hash}</code>
            </dd>
          </>
        )}
        {explained && explained.failover.length > 0 && (
          <>
            <dt>If it is down</dt>
            <dd>{explained.failover.join(", ")}</dd>
          </>
        )}
        <dt>Holds</dt>
        <dd>{host.cached ? "for each request with this host" : "only for such a request: the script looks at more than the host"}</dd>
        {host.requests !== undefined && (
          <>
            <dt>Journal</dt>
            <dd>
              {host.last_slot
                ? `${plural(host.requests, "request")} counted; ${host.last_slot} answered last`
                : "rsp has not seen this host"}
            </dd>
          </>
        )}
      </dl>
      {host.last_slot && slot !== null && host.last_slot !== slot && (
        <p class="notice">
          It was last answered by <b>{host.last_slot}</b>. The next request goes to <b>{slot}</b>.
        </p>
      )}
      <h3>Last hours</h3>
      {host.hours.length === 0 ? (
        <p class="empty">
          <b>No figures by the hour.</b> rsp keeps them if <code>usage</code> is set in the configuration, and from then on.
        </p>
      ) : (
        <Hours hours={host.hours} />
      )}
    </>
  );
}

function hourOf(hour: string): string {
  return localTime(hour).slice(11, 16);
}

function Hours({ hours }: { hours: Hour[] }) {
  const sorted = [...hours].sort((a, b) => a.hour.localeCompare(b.hour));
  const most = Math.max(1, ...sorted.map((h) => h.requests));
  const busiest = sorted.find((h) => h.requests === most) ?? sorted[0]!;
  const sum = sorted.reduce((all, h) => all + h.requests, 0);
  const [width, height] = [480, 96];
  const step = width / Math.max(24, sorted.length);
  return (
    <>
      <svg
        class="hours"
        viewBox={`0 0 ${width} ${height + 18}`}
        role="img"
        aria-label={`${plural(sum, "request")} in ${plural(sorted.length, "hour")}; the busiest began at ${hourOf(busiest.hour)}, with ${count(busiest.requests)}`}
      >
        <line x1="0" x2={width} y1={height} y2={height} />
        {sorted.map((h, i) => {
          const size = (h.requests / most) * (height - 4);
          return (
            <rect key={h.hour} x={i * step + 1} y={height - size} width={Math.max(1, step - 2)} height={size}>
              <title>{`${localTime(h.hour)}: ${plural(h.requests, "request")}`}</title>
            </rect>
          );
        })}
        {sorted.map(
          (h, i) =>
            i % 6 === 0 && (
              <text key={h.hour} x={i * step + 1} y={height + 14}>
                {hourOf(h.hour)}
              </text>
            ),
        )}
      </svg>
      <details>
        <summary>As a table</summary>
        <div class="scroll">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Hour</th>
                <th scope="col" class="number">Requests</th>
                <th scope="col" class="number">In</th>
                <th scope="col" class="number">Out</th>
                <th scope="col" class="number">Backend s</th>
              </tr>
            </thead>
            <tbody>
              {sorted.reverse().map((h) => (
                <tr key={h.hour}>
                  <th scope="row">{localTime(h.hour).slice(0, 16)}</th>
                  <td class="number">{count(h.requests)}</td>
                  <td class="number">{bytes(h.bytes_in)}</td>
                  <td class="number">{bytes(h.bytes_out)}</td>
                  <td class="number">{h.backend_seconds.toFixed(1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function Known({ api, prefix }: { api: Api; prefix: string }) {
  const [known, setKnown] = useState<KnownHosts | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    // While someone types, only the last text is asked for.
    const timer = setTimeout(() => {
      api.get<KnownHosts>(`api/hosts?${new URLSearchParams({ prefix, limit: String(LISTED) })}`, stop.signal).then(
        (answer) => (setKnown(answer), setError(null)),
        (e) => e instanceof ApiError && setError(e.message),
      );
    }, known === null ? 0 : 200);
    return () => (clearTimeout(timer), stop.abort());
  }, [api, prefix]);
  return (
    <section aria-labelledby="known">
      <h2 id="known">Known hosts{prefix !== "" && <> that begin with “{prefix}”</>}</h2>
      {error !== null ? (
        <Problem what="The known hosts could not be read." error={error} />
      ) : known === null ? (
        <Loading what="the known hosts" />
      ) : known.hosts.length === 0 ? (
        <p class="empty">{prefix === "" ? <b>No host was served yet.</b> : <b>None.</b>}</p>
      ) : (
        <>
          <div class="scroll">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Last slot</th>
                <th scope="col" class="number">Requests</th>
              </tr>
            </thead>
            <tbody>
              {known.hosts.map((h) => (
                <tr key={h.host}>
                  <th scope="row">
                    <a href={`#/hosts/${encodeURIComponent(h.host)}`}>{h.host}</a>
                  </th>
                  <td>{h.slot}</td>
                  <td class="number">{count(h.requests)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          </div>
          {known.more && <p class="dim">There are more: type more letters.</p>}
        </>
      )}
    </section>
  );
}

const ORDERS: { by: By; label: string }[] = [
  { by: "requests", label: "requests" },
  { by: "bytes", label: "bytes in and out" },
  { by: "time", label: "time at the backend" },
];

/** The hosts that used most in the running hour. */
function Busiest({ api }: { api: Api }) {
  const [by, setBy] = useState<By>("requests");
  const [top, setTop] = useState<TopHosts | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = () =>
      api
        .get<TopHosts>(`api/hosts/top?${new URLSearchParams({ by, limit: String(BUSIEST) })}`, stop.signal)
        .then(
          (answer) => (setTop(answer), setError(null)),
          (e) => e instanceof ApiError && setError(e),
        )
        .then(() => {
          timer = setTimeout(ask, BUSIEST_MILLIS);
        });
    void ask();
    return () => (clearTimeout(timer), stop.abort());
  }, [api, by]);
  return (
    <section class="busiest" aria-labelledby="busiest">
      <div class="bar-above">
        <h2 id="busiest">Busiest hosts{top !== null && error === null && <span class="dim"> since {hourOf(top.since)}</span>}</h2>
        {error?.status !== 404 && (
          <label>
            by{" "}
            <select value={by} onChange={(e) => setBy(e.currentTarget.value as By)}>
              {ORDERS.map((order) => (
                <option value={order.by} key={order.by}>
                  {order.label}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {error?.status === 404 ? (
        <p class="empty">
          <b>rsp does not count what each host uses.</b> Put <code>usage = "/var/lib/rsp/usage"</code> into the configuration and reload:{" "}
          <a href="#/help/configuration/usage">what it keeps</a>
        </p>
      ) : error !== null ? (
        <Problem what="The busiest hosts could not be read." error={error.message} />
      ) : top === null ? (
        <Loading what="the busiest hosts" />
      ) : top.hosts.length === 0 ? (
        <p class="empty">
          <b>No request in this hour.</b>
        </p>
      ) : (
        <div class="scroll" tabIndex={0}>
          <table class="plain">
            <caption class="hidden">The hosts that used most since the hour began</caption>
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Last slot</th>
                <th scope="col" class="number">Requests</th>
                <th scope="col" class="number">Bytes in</th>
                <th scope="col" class="number">Bytes out</th>
                <th scope="col" class="number">Backend time</th>
              </tr>
            </thead>
            <tbody>
              {top.hosts.map((h) => (
                <tr key={h.host}>
                  <th scope="row">{h.host === "*" ? "all for which there was no room" : <a href={`#/hosts/${encodeURIComponent(h.host)}`}>{h.host}</a>}</th>
                  <td>{h.slot ?? "–"}</td>
                  <td class="number">{count(h.requests)}</td>
                  <td class="number">{bytes(h.bytes_in)}</td>
                  <td class="number">{bytes(h.bytes_out)}</td>
                  <td class="number">{seconds(h.backend_seconds)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
