// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import { ApiError, get, type Host, type Hour, type KnownHost } from "./api";
import { bytes, count } from "./format";
import { Empty, Loading, Problem } from "./ui";

/** So many hosts are offered while one types. */
const OFFERED = 20;
const TYPING_MILLIS = 250;

const REASONS: Record<string, string> = {
  hash: "The hash of its name chose it.",
  script: "The function select chose it.",
  cached: "The function select chose it earlier.",
  path: "host_from_path chose it.",
  on_failure: "The function on_failure chose it.",
};

/** Where a host goes, why, and what it had in its last hours. */
export function HostView(props: { host: string }) {
  const [text, setText] = useState(props.host);
  const [offered, setOffered] = useState<KnownHost[] | null>(null);
  const [more, setMore] = useState(false);
  const [found, setFound] = useState<Host | null>(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    const end = new AbortController();
    const wait = setTimeout(async () => {
      try {
        const path = `api/hosts?prefix=${encodeURIComponent(text.trim().toLowerCase())}&limit=${OFFERED}`;
        const known = await get<{ hosts: KnownHost[]; more: boolean }>(path, end.signal);
        setOffered(known.hosts);
        setMore(known.more);
      } catch (e) {
        if (!end.signal.aborted) {
          setProblem(e instanceof Error ? e.message : String(e));
        }
      }
    }, TYPING_MILLIS);
    return () => {
      clearTimeout(wait);
      end.abort();
    };
  }, [text]);

  useEffect(() => {
    if (props.host === "") {
      return;
    }
    const end = new AbortController();
    get<Host>(`api/hosts/${encodeURIComponent(props.host)}`, end.signal)
      .then(setFound)
      .catch((e: unknown) => {
        if (!end.signal.aborted) {
          setProblem(
            e instanceof ApiError && e.status === 404 ? `${props.host} is no host name` : e instanceof Error ? e.message : String(e),
          );
        }
      });
    return () => end.abort();
  }, [props.host]);

  return (
    <>
      <form
        class="tools"
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          location.hash = `host/${encodeURIComponent(text.trim())}`;
        }}
      >
        <label>
          <span>Host name</span>
          <input
            type="search"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            placeholder="www.example.com"
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={text.trim() === ""}>
          Show
        </button>
      </form>
      {problem !== "" && <Problem title={problem} />}
      {props.host !== "" && problem === "" && (found === null ? <Loading what={props.host} /> : <Found host={found} />)}
      <section aria-labelledby="known-title">
        <h2 id="known-title">Known hosts{text.trim() === "" ? "" : ` that begin with ${text.trim()}`}</h2>
        {offered === null ? (
          <Loading what="hosts" />
        ) : offered.length === 0 ? (
          <Empty>
            {text.trim() === "" ? "No host was served yet. " : "None. A host that was never served can be shown too. "}
          </Empty>
        ) : (
          <table class="parts">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Slot</th>
                <th scope="col" class="number">
                Requests
              </th>
              </tr>
            </thead>
            <tbody>
              {offered.map((one) => (
                <tr key={one.host}>
                  <th scope="row">
                    <a href={`#host/${encodeURIComponent(one.host)}`}>{one.host}</a>
                  </th>
                  <td>{one.slot}</td>
                  <td class="number">{count(one.requests)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {more && <p class="hint">There are more. Type more of the name.</p>}
      </section>
    </>
  );
}

function Found(props: { host: Host }) {
  const { host } = props;
  return (
    <section aria-labelledby="host-title" class="found">
      <h2 id="host-title">{host.host}</h2>
      <p class="answer" role="status">
        {host.slot === null && host.address === null ? (
          "It has no backend."
        ) : (
          <>
            goes to <strong>{host.slot ?? host.address}</strong>
            {host.slot !== null && host.address !== null && host.address !== host.slot ? ` at ${host.address}` : ""}
          </>
        )}
      </p>
      <p>
        {REASONS[host.why] ?? host.why} {host.cached ? "" : "Another request with this host may go elsewhere."}
      </p>
      <Hours hours={host.hours} />
    </section>
  );
}

const BAR = 14;
const HEIGHT = 96;

/** Bars of requests by the hour, with the same in a table. */
function Hours(props: { hours: Hour[] }) {
  const { hours } = props;
  if (hours.length === 0) {
    return (
      <Empty>
        No usage by the hour is known. The key <code>usage</code> switches it on.
      </Empty>
    );
  }
  const top = Math.max(1, ...hours.map((hour) => hour.requests));
  const sum = hours.reduce((all, hour) => all + hour.requests, 0);
  return (
    <>
      <svg
        class="hours"
        viewBox={`0 0 ${hours.length * BAR} ${HEIGHT}`}
        role="img"
        aria-label={`${count(sum)} requests in the last ${hours.length} hours; the table below has each hour`}
      >
        {hours.map((hour, i) => {
          const height = Math.max(hour.requests > 0 ? 2 : 0, (hour.requests / top) * (HEIGHT - 4));
          return (
            <rect key={hour.hour} x={i * BAR + 1} y={HEIGHT - height} width={BAR - 2} height={height}>
              <title>
                {hour.hour}: {count(hour.requests)} requests
              </title>
            </rect>
          );
        })}
      </svg>
      <details>
        <summary>Each hour</summary>
        <table class="parts">
          <thead>
            <tr>
              <th scope="col">Hour (UTC)</th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Received
              </th>
              <th scope="col" class="number">
                Sent
              </th>
              <th scope="col" class="number">
                At backends
              </th>
            </tr>
          </thead>
          <tbody>
            {[...hours].reverse().map((hour) => (
              <tr key={hour.hour}>
                <th scope="row">{hour.hour.slice(0, 16).replace("T", " ")}</th>
                <td class="number">{count(hour.requests)}</td>
                <td class="number">{bytes(hour.bytes_in)}</td>
                <td class="number">{bytes(hour.bytes_out)}</td>
                <td class="number">{hour.backend_seconds.toFixed(1)} s</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
