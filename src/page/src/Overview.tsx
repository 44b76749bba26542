// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Api, Latency, Slot, Slots, Sums } from "./api";
import { bytes, count, millis, percent, plural, rate } from "./format";
import { Loading, Sparkline, State, Swatch } from "./parts";
import { SlotDialog } from "./SlotDialog";
import { errors, failures, HISTORY_LENGTH, selected, type Column, type History, type Order } from "./slots";

/** A page of the table: more rows would be slow to change each second. */
const PAGE = 50;

const COLUMNS: { column: Column; label: string; hint?: string; numeric?: boolean }[] = [
  { column: "name", label: "Slot" },
  { column: "state", label: "State" },
  { column: "share", label: "Share of hosts", hint: "Part of all hosts that there may be, by a sample" },
  { column: "rate", label: "Requests/s", hint: "Of the last 10 seconds; the line shows 2 minutes" },
  { column: "p50", label: "p50 ms", hint: "Half of the requests of the last minute took no longer", numeric: true },
  { column: "p95", label: "p95 ms", numeric: true },
  { column: "p99", label: "p99 ms", numeric: true },
  { column: "in_flight", label: "In flight", numeric: true },
  { column: "errors", label: "Errors", hint: "Since the start: failures by kind, and responses 5xx" },
];

/** The sums, and the table of the slots. */
export function Overview({ api, slots, history, failed }: { api: Api; slots: Slots | null; history: History; failed: boolean }) {
  const [text, setText] = useState("");
  const [order, setOrder] = useState<Order>({ column: "index", descending: false });
  const [page, setPage] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  if (slots === null) {
    return failed ? null : <Loading what="the slots" />;
  }
  if (slots.slots.length === 0) {
    return (
      <p class="empty">
        <b>No slots.</b> The configuration in force has no backends.
      </p>
    );
  }
  const found = selected(slots.slots, text, order);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const current = Math.min(page, pages - 1);
  const shown = found.slice(current * PAGE, (current + 1) * PAGE);
  const opened = open === null ? undefined : slots.slots.find((slot) => slot.name === open);
  const sort = (column: Column) => {
    const first = column !== "name" && column !== "state";
    setOrder((now) => (now.column === column ? { column, descending: !now.descending } : { column, descending: first }));
    setPage(0);
  };
  const most = Math.max(...slots.slots.map((slot) => slot.share ?? 0));
  return (
    <>
      <Totals total={slots.total} slots={slots.slots} history={history} />
      <section aria-labelledby="slots-heading">
        <div class="bar-above">
          <h2 id="slots-heading" class="hidden">
            All slots
          </h2>
          <label class="search">
            <span class="hidden">Search slots by name, address or state</span>
            <input
              type="search"
              placeholder="Name, address or state"
              value={text}
              onInput={(e) => (setText(e.currentTarget.value), setPage(0))}
            />
          </label>
          <label class="sort">
            Order
            <select
              value={order.column}
              onChange={(e) => {
                const column = e.currentTarget.value as Column;
                setOrder({ column, descending: !["index", "name", "state"].includes(column) });
                setPage(0);
              }}
            >
              <option value="index">as in the file</option>
              {COLUMNS.map((c) => (
                <option value={c.column} key={c.column}>
                  {c.label}
                </option>
              ))}
            </select>
          </label>
          <Found found={found.length} all={slots.slots.length} />
          {pages > 1 && <Pages page={current} pages={pages} onPage={setPage} />}
        </div>
        {found.length === 0 ? (
          <p class="empty">
            <b>No slot has “{text}”</b> in its name, address or state.
          </p>
        ) : (
          <div class="scroll">
            <table class="slots" role="table">
              <caption class="hidden">Slots with their state and figures. They change each second.</caption>
              <thead role="rowgroup">
                <tr role="row">
                  {COLUMNS.map((c) => (
                    <th
                      key={c.column}
                      role="columnheader"
                      scope="col"
                      class={c.numeric ? "number" : undefined}
                      aria-sort={order.column === c.column ? (order.descending ? "descending" : "ascending") : "none"}
                      title={c.hint}
                    >
                      <button type="button" onClick={() => sort(c.column)}>
                        {c.label}
                        <span class="arrow" aria-hidden="true">
                          {order.column === c.column ? (order.descending ? "▼" : "▲") : ""}
                        </span>
                      </button>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody role="rowgroup">
                {shown.map((slot) => (
                  <Row key={slot.name} slot={slot} rates={history.of(slot.name)} most={most} onOpen={() => setOpen(slot.name)} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {opened && <SlotDialog api={api} slot={opened} onClose={() => setOpen(null)} />}
    </>
  );
}

/** Says how many were found, once the typing has stopped. */
function Found({ found, all }: { found: number; all: number }) {
  const [said, setSaid] = useState("");
  const text = found === all ? plural(all, "slot") : `${count(found)} of ${plural(all, "slot")}`;
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), 700);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <>
      <span class="dim found" aria-hidden="true">
        {text}
      </span>
      <span class="hidden" role="status">
        {said}
      </span>
    </>
  );
}

function Pages({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  return (
    <nav class="pages" aria-label="Pages of the table">
      <button type="button" onClick={() => onPage(page - 1)} disabled={page === 0} aria-label="Previous page">
        ‹
      </button>
      <span>
        Page {page + 1} of {pages}
      </span>
      <button type="button" onClick={() => onPage(page + 1)} disabled={page === pages - 1} aria-label="Next page">
        ›
      </button>
    </nav>
  );
}

function Cell({ label, children, numeric, name }: { label: string; children: ComponentChildren; numeric?: boolean; name: string }) {
  return (
    <td role="cell" data-label={label} class={`${name}${numeric ? " number" : ""}`}>
      {children}
    </td>
  );
}

function Row({ slot, rates, most, onOpen }: { slot: Slot; rates: number[]; most: number; onOpen: () => void }) {
  const latency = (name: keyof Latency) => (slot.latency_ms === null ? <None what="no requests in the last minute" /> : millis(slot.latency_ms[name]));
  return (
    <tr role="row" class={slot.state}>
      <th role="rowheader" scope="row">
        <Swatch index={slot.index} />
        <span>
          <button type="button" class="link" onClick={onOpen} aria-haspopup="dialog">
            {slot.name}
          </button>
          {slot.address !== slot.name && <span class="dim address">{slot.address ?? "no address"}</span>}
        </span>
      </th>
      <Cell name="state-cell" label="State">
        <State state={slot.state} />
        {slot.state !== slot.file_state && <span class="dim"> file: {slot.file_state}</span>}
      </Cell>
      <Cell name="share-cell" label="Share of hosts">
        <ShareBar share={slot.share} most={most} />
        {slot.hosts !== null && <span class="dim">{plural(slot.hosts, "known host")}</span>}
      </Cell>
      <Cell name="rate-cell" label="Requests/s">
        <Sparkline values={rates} length={HISTORY_LENGTH} />
        <span class="value">{rate(slot.rate)}</span>
      </Cell>
      <Cell name="p50" label="p50 ms" numeric>{latency("p50")}</Cell>
      <Cell name="p95" label="p95 ms" numeric>{latency("p95")}</Cell>
      <Cell name="p99" label="p99 ms" numeric>{latency("p99")}</Cell>
      <Cell name="in-flight" label="In flight" numeric>{count(slot.in_flight)}</Cell>
      <Cell name="errors" label="Errors">
        <Errors slot={slot} />
      </Cell>
    </tr>
  );
}

/** A dash for eyes, words for a screen reader. */
function None({ what }: { what: string }) {
  return (
    <>
      <span class="dim" aria-hidden="true">–</span>
      <span class="hidden">{what}</span>
    </>
  );
}

function ShareBar({ share, most }: { share: number | null; most: number }) {
  if (share === null) {
    return <None what="unknown" />;
  }
  return (
    <span class="share">
      <svg viewBox="0 0 100 6" width="72" height="6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6" rx="1" />
        <rect width={most > 0 ? (share / most) * 100 : 0} height="6" rx="1" />
      </svg>
      {percent(share)}
    </span>
  );
}

function Errors({ slot }: { slot: Slot }) {
  if (errors(slot) === 0) {
    return <span class="dim">none</span>;
  }
  const all = Object.entries({ ...slot.failures, "5xx": slot.status["5xx"] ?? 0 })
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  const rest = all.slice(2);
  return (
    <span class="kinds">
      {all.slice(0, 2).map(([kind, n]) => (
        <span class="kind" key={kind}>
          {kind.replaceAll("_", " ")} <b>{count(n)}</b>
        </span>
      ))}
      {rest.length > 0 && <span class="dim">and {plural(rest.length, "more kind")}</span>}
    </span>
  );
}

function Totals({ total, slots, history }: { total: Sums; slots: Slot[]; history: History }) {
  const states = new Map<string, number>();
  slots.forEach((slot) => states.set(slot.state, (states.get(slot.state) ?? 0) + 1));
  const failed = slots.reduce((sum, slot) => sum + failures(slot), 0);
  const server = total.status["5xx"] ?? 0;
  return (
    <section aria-label="Totals">
      <dl class="totals">
        <div class="wide">
          <dt>Requests/s</dt>
          <dd>
            <b>{rate(total.rate)}</b>
            <Sparkline values={history.total} length={HISTORY_LENGTH} width={160} height={30} />
          </dd>
        </div>
        <div>
          <dt>p50 / p95 / p99</dt>
          <dd>
            {total.latency_ms === null ? (
              <b><None what="no requests in the last minute" /></b>
            ) : (
              <>
                <b>
                  {millis(total.latency_ms.p50)} <i>/</i> {millis(total.latency_ms.p95)} <i>/</i> {millis(total.latency_ms.p99)}
                </b>{" "}
                ms
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>In flight</dt>
          <dd><b>{count(total.in_flight)}</b></dd>
        </div>
        <div>
          <dt>Errors since the start</dt>
          <dd class={failed + server > 0 ? "warn" : undefined}>
            <b>{count(failed)}</b> failures, <b>{count(server)}</b> 5xx
          </dd>
        </div>
        <div>
          <dt>Slots</dt>
          <dd>
            {[...states].map(([state, n]) => (
              <span class={`tally ${state}`} key={state}>
                <b>{count(n)}</b> {state}
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Requests since the start</dt>
          <dd>
            <b>{count(total.requests)}</b>
            <span class="dim"> {bytes(total.bytes_in)} in, {bytes(total.bytes_out)} out</span>
          </dd>
        </div>
      </dl>
    </section>
  );
}
