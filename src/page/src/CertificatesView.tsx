// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import { ApiError, type Api, type Certificate, type Certificates } from "./api";
import { condition, inDays, nameList, verdict } from "./certificates";
import { count, localTime, plural } from "./format";
import { OrdersPart } from "./OrdersPart";
import { Loading, Problem } from "./parts";

/** How many certificates are listed, how many names of each, and how often they are asked for. */
const LISTED = 100;
const NAMES = 3;
const EACH_MILLIS = 30_000;

/** What rsp knows of its certificates: those with problems first, then in the order of expiry; then what it orders. */
export function CertificatesView({ api, name }: { api: Api; name: string }) {
  const [typed, setTyped] = useState(name);
  const [last, setLast] = useState<{ name: string; found: Certificates } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => setTyped(name), [name]);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const query = new URLSearchParams({ limit: String(LISTED), ...(name === "" ? {} : { name }) });
    const ask = () =>
      api
        .get<Certificates>(`api/certificates?${query}`, stop.signal)
        .then(
          (found) => (setLast({ name, found }), setError(null)),
          (e) => e instanceof ApiError && setError(e.message),
        )
        .then(() => {
          if (!stop.signal.aborted) {
            timer = setTimeout(ask, EACH_MILLIS);
          }
        });
    void ask();
    return () => (clearTimeout(timer), stop.abort());
  }, [api, name, attempt]);

  const submit = (e: Event) => {
    e.preventDefault();
    const wanted = typed.trim().toLowerCase();
    location.hash = wanted === "" ? "#/certificates" : `#/certificates/${encodeURIComponent(wanted)}`;
  };
  if (error !== null) {
    return <Problem what="The certificates could not be read." error={error} onRetry={() => setAttempt((n) => n + 1)} />;
  }
  if (last === null) {
    return <Loading what="the certificates" />;
  }
  const { found } = last;
  const none = found.total === 0 && found.broken === 0;
  if (none && found.orders === null) {
    return (
      <p class="empty">
        <b>rsp has no certificates.</b> Put <code>certificates = "/etc/rsp/certs"</code> into the configuration and reload:{" "}
        <a href="#/help/tls">how rsp serves TLS</a>. Or set <code>acme</code>: <a href="#/help/acme">certificates on demand</a>
      </p>
    );
  }
  return (
    <div class="certificates">
      <Counts found={found} />
      <form class="lookup" role="search" onSubmit={submit}>
        <div class="field grow">
          <label for="certificate-name">Name in the certificates</label>
          <input
            id="certificate-name"
            type="text"
            inputMode="url"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            placeholder="www.example.com, or *.example.com"
            value={typed}
            onInput={(e) => setTyped(e.currentTarget.value)}
          />
        </div>
        <button type="submit" class="primary">
          Find
        </button>
        {name !== "" && (
          <a class="all" href="#/certificates">
            Show all
          </a>
        )}
      </form>
      <section aria-labelledby="listed" aria-live="polite" aria-busy={last.name !== name}>
        <h2 id="listed">{name === "" ? "Problems first, then the next to expire" : <>Certificates that name “{name}”</>}</h2>
        {last.name !== name ? (
          <Loading what={name === "" ? "the certificates" : name} />
        ) : none ? (
          <p class="empty">
            <b>No certificate yet.</b> rsp orders one when a client asks for an allowed host.
          </p>
        ) : found.certificates.length === 0 ? (
          <p class="empty">
            <b>None.</b> A wildcard is found by its own name: <code>*.example.com</code>.
          </p>
        ) : (
          <Listed certificates={found.certificates} />
        )}
        {last.name === name && found.more && <p class="dim">There are more: find one by a name, or run <code>rsp certs FILE</code>.</p>}
      </section>
      {last.name === name && found.orders !== null && <OrdersPart orders={found.orders} name={name} />}
    </div>
  );
}

function Counts({ found }: { found: Certificates }) {
  return (
    <dl class="facts counts">
      <dt>Served</dt>
      <dd>{plural(found.total, "certificate")}</dd>
      <dt>Broken</dt>
      <dd class={found.broken > 0 ? "bad" : undefined}>{found.broken === 0 ? "none" : plural(found.broken, "file")}</dd>
      <dt>Expired</dt>
      <dd class={found.expired > 0 ? "bad" : undefined}>{found.expired === 0 ? "none" : count(found.expired)}</dd>
      <dt>Next expiry</dt>
      <dd>{found.next_expiry === null ? "none" : <time dateTime={found.next_expiry}>{localTime(found.next_expiry)}</time>}</dd>
    </dl>
  );
}

function Listed({ certificates }: { certificates: Certificate[] }) {
  return (
    <div class="scroll" tabIndex={0}>
      <table class="plain">
        <caption class="hidden">Certificates, their state and when they expire</caption>
        <thead>
          <tr>
            <th scope="col">Names</th>
            <th scope="col">State</th>
            <th scope="col">Expires</th>
            <th scope="col">Key</th>
            <th scope="col">File</th>
          </tr>
        </thead>
        <tbody>
          {certificates.map((one) => (
            <tr key={one.path}>
              <th scope="row" title={one.names.join(", ")}>
                {one.names.length === 0 ? <span class="dim">not known</span> : nameList(one.names, NAMES)}
              </th>
              <td>
                <span class={`condition ${condition(one)}`}>{verdict(one)}</span>
                {one.problem !== null && <div class="reason">{one.problem}</div>}
                {one.notes.map((note) => (
                  <div class="reason dim" key={note}>
                    {note}
                  </div>
                ))}
              </td>
              <td>
                {one.not_after === null || one.days_left === null ? (
                  "–"
                ) : (
                  <>
                    <time dateTime={one.not_after}>{localTime(one.not_after).slice(0, 10)}</time> <span class="dim">{inDays(one.days_left)}</span>
                  </>
                )}
              </td>
              <td>{one.key_type ?? "–"}</td>
              <td>
                <code>{one.path}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
