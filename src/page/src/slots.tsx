// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "preact/hooks";
import type { History } from "./app";
import { ApiError, post, type Slot, type Slots, type State } from "./api";
import { bytes, color, count, errorShare, failures, millis, percent, rate } from "./format";
import { Dialog, Empty, Loading, Sparkline, Swatch } from "./ui";

/** More rows than one can read at a time; a thousand slots stay fluent. */
const PAGE_SIZE = 50;

interface Column {
  id: string;
  title: string;
  /** Sorted by this; texts ascending, numbers descending at first. */
  key: (slot: Slot) => string | number;
  hint?: string;
}

const COLUMNS: Column[] = [
  { id: "index", title: "Slot", key: (slot) => -slot.index },
  { id: "state", title: "State", key: (slot) => slot.state },
  { id: "share", title: "Share", key: (slot) => slot.share ?? 0, hint: "of all host names" },
  { id: "rate", title: "Requests/s", key: (slot) => slot.rate, hint: "the last 10 seconds; the line: the last minute" },
  { id: "flight", title: "In flight", key: (slot) => slot.in_flight },
  { id: "latency", title: "p50 / p95 / p99", key: (slot) => slot.latency_ms?.p99 ?? 0, hint: "the last minute" },
  { id: "errors", title: "5xx", key: (slot) => errorShare(slot), hint: "part of all responses" },
  {
    id: "failures",
    title: "Failures",
    key: (slot) => Object.values(slot.failures).reduce((sum, n) => sum + n, 0),
    hint: "of the backend, since the start",
  },
  { id: "bytes", title: "Sent", key: (slot) => slot.bytes_out, hint: "to clients, since the start" },
];

type Order = { column: string; up: boolean };

function sorted(slots: Slot[], order: Order): Slot[] {
  const column = COLUMNS.find((one) => one.id === order.column) ?? COLUMNS[0]!;
  const direction = order.up ? -1 : 1;
  return [...slots].sort((a, b) => {
    const left = column.key(a);
    const right = column.key(b);
    return left === right ? a.index - b.index : (left < right ? 1 : -1) * direction;
  });
}

export function SlotsView(props: { slots: Slots | null; history: History; onChanged: () => void }) {
  const { slots } = props;
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<Order>({ column: "index", up: false });
  const [page, setPage] = useState(0);
  const [changing, setChanging] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const shown = useMemo(() => {
    const text = filter.toLowerCase();
    const all = slots?.slots ?? [];
    return sorted(
      all.filter((slot) => `${slot.name} ${slot.address ?? ""} ${slot.state}`.toLowerCase().includes(text)),
      order,
    );
  }, [slots, filter, order]);
  if (slots === null) {
    return <Loading what="slots" />;
  }
  const pages = Math.max(1, Math.ceil(shown.length / PAGE_SIZE));
  const current = Math.min(page, pages - 1);
  const slot = slots.slots.find((one) => one.name === changing);
  return (
    <>
      <Totals slots={slots} history={props.history} />
      <ShareBar slots={slots.slots} />
      <div class="tools">
        <label>
          <span>Filter</span>
          <input
            type="search"
            placeholder="name, address or state"
            value={filter}
            onInput={(e) => {
              setFilter(e.currentTarget.value);
              setPage(0);
            }}
          />
        </label>
        {pages > 1 && (
          <div class="pages">
            <button type="button" disabled={current === 0} onClick={() => setPage(current - 1)}>
              Previous
            </button>
            <span>
              {current * PAGE_SIZE + 1} to {Math.min(shown.length, (current + 1) * PAGE_SIZE)} of {count(shown.length)}
            </span>
            <button type="button" disabled={current === pages - 1} onClick={() => setPage(current + 1)}>
              Next
            </button>
          </div>
        )}
        <p class="said" role="status">
          {said}
        </p>
      </div>
      {shown.length === 0 ? (
        <Empty>No slot has "{filter}" in its name, address or state.</Empty>
      ) : (
        <table class="slots">
          <caption class="quiet">Slots with what they serve</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <Head key={column.id} column={column} order={order} onOrder={setOrder} />
              ))}
              <th scope="col">
                <span class="quiet">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(current * PAGE_SIZE, (current + 1) * PAGE_SIZE).map((one) => (
              <Row
                key={one.name}
                slot={one}
                rates={props.history.get(one.name) ?? []}
                onChange={() => setChanging(one.name)}
              />
            ))}
          </tbody>
        </table>
      )}
      {slot !== undefined && (
        <StateDialog
          slot={slot}
          onClose={() => setChanging(null)}
          onDone={(text) => {
            setSaid(text);
            setChanging(null);
            props.onChanged();
          }}
        />
      )}
    </>
  );
}

function Totals(props: { slots: Slots; history: History }) {
  const { total, slots } = props.slots;
  const down = slots.filter((slot) => slot.state === "down").length;
  const drain = slots.filter((slot) => slot.state === "drain").length;
  const up = slots.filter((slot) => slot.state === "up").length;
  return (
    <dl class="totals">
      <div class="big">
        <dt>Requests/s</dt>
        <dd>
          {rate(total.rate)}
          <Sparkline rates={props.history.get("") ?? []} wide />
        </dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd>{count(total.in_flight)}</dd>
      </div>
      <div>
        <dt>p99</dt>
        <dd>{total.latency_ms === null ? "–" : millis(total.latency_ms.p99)}</dd>
      </div>
      <div>
        <dt>5xx</dt>
        <dd class={errorShare(total) >= 0.01 ? "bad" : undefined}>{percent(errorShare(total))}</dd>
      </div>
      <div>
        <dt>Known hosts</dt>
        <dd>{total.hosts === null ? "–" : count(total.hosts)}</dd>
      </div>
      <div>
        <dt>Slots</dt>
        <dd>
          {count(up)} up{drain > 0 ? `, ${count(drain)} drain` : ""}
          {down > 0 ? `, ${count(down)} down` : ""}
        </dd>
      </div>
    </dl>
  );
}

/** Which part of all host names each slot has. The table says the same in numbers. */
function ShareBar(props: { slots: Slot[] }) {
  const parts = props.slots.filter((slot) => (slot.share ?? 0) > 0);
  let start = 0;
  const rects = parts.map((slot) => {
    const width = (slot.share ?? 0) * 1000;
    const rect = (
      <rect key={slot.name} x={start} width={Math.max(0, width - (parts.length > 100 ? 0 : 1))} height="14">
        <title>
          {slot.name}: {percent(slot.share ?? 0)}
        </title>
      </rect>
    );
    start += width;
    return { rect, index: slot.index };
  });
  return (
    <svg class="share" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="Shares of the slots; the column Share has them in numbers">
      {rects.map(({ rect, index }) => (
        <g key={index} fill={color(index)}>
          {rect}
        </g>
      ))}
    </svg>
  );
}

function Head(props: { column: Column; order: Order; onOrder: (order: Order) => void }) {
  const { column, order } = props;
  const active = order.column === column.id;
  return (
    <th
      scope="col"
      class={column.id}
      aria-sort={active ? (order.up ? "ascending" : "descending") : undefined}
      title={column.hint}
    >
      <button
        type="button"
        class="sort"
        onClick={() => props.onOrder({ column: column.id, up: active ? !order.up : false })}
      >
        {column.title}
        <span aria-hidden="true">{active ? (order.up ? " ▴" : " ▾") : ""}</span>
      </button>
    </th>
  );
}

function Row(props: { slot: Slot; rates: number[]; onChange: () => void }) {
  const { slot } = props;
  const errors = errorShare(slot);
  const failed = failures(slot.failures);
  return (
    <tr class={slot.state}>
      <th scope="row" class="index">
        <Swatch index={slot.index} />
        <span class="name">{slot.name}</span>
        {slot.address !== null && slot.address !== slot.name && <span class="address">{slot.address}</span>}
      </th>
      <td class="state" data-title="State">
        <span class={`badge ${slot.state}`}>{slot.state}</span>
        {slot.state !== slot.file_state && <span class="note">file: {slot.file_state}</span>}
      </td>
      <td class="share number" data-title="Share">
        {slot.share === null ? "–" : percent(slot.share)}
        {slot.hosts !== null && <span class="note">{count(slot.hosts)} hosts</span>}
      </td>
      <td class="rate number" data-title="Requests/s">
        <Sparkline rates={props.rates} />
        {rate(slot.rate)}
      </td>
      <td class="flight number" data-title="In flight">
        {count(slot.in_flight)}
      </td>
      <td class="latency number" data-title="p50 / p95 / p99">
        {slot.latency_ms === null
          ? "–"
          : [slot.latency_ms.p50, slot.latency_ms.p95, slot.latency_ms.p99].map(millis).join(" / ")}
      </td>
      <td class={`errors number${errors >= 0.01 ? " bad" : ""}`} data-title="5xx">
        {percent(errors)}
      </td>
      <td class="failures" data-title="Failures">
        {failed === "" ? "none" : failed}
      </td>
      <td class="bytes number" data-title="Sent">
        {bytes(slot.bytes_out)}
      </td>
      <td class="actions">
        <button type="button" disabled={slot.state === "spare"} onClick={props.onChange}>
          Change<span class="quiet"> the state of {slot.name}</span>…
        </button>
      </td>
    </tr>
  );
}

type Wish = "up" | "drain" | "down" | "file";

const WISHES: { wish: Wish; title: string; effect: string }[] = [
  { wish: "up", title: "Up", effect: "It gets the requests of its hosts." },
  {
    wish: "drain",
    title: "Drain",
    effect: "Its hosts go to other slots. Requests and tunnels in flight finish. It gets requests only if no slot is up.",
  },
  {
    wish: "down",
    title: "Down",
    effect: "Its hosts go to other slots. It gets no request, not even if no slot is up.",
  },
  { wish: "file", title: "As the file says", effect: "The override ends." },
];

function StateDialog(props: { slot: Slot; onClose: () => void; onDone: (said: string) => void }) {
  const { slot } = props;
  const [wish, setWish] = useState<Wish | "">("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  async function change() {
    setBusy(true);
    try {
      await post(`api/slots/${encodeURIComponent(slot.name)}`, JSON.stringify({ state: wish }), "application/json");
      props.onDone(wish === "file" ? `${slot.name}: as the file says.` : `${slot.name}: ${wish}.`);
    } catch (e) {
      setProblem(e instanceof ApiError ? e.message : String(e));
      setBusy(false);
    }
  }

  const overridden = slot.state !== slot.file_state;
  return (
    <Dialog title={`State of ${slot.name}`} onClose={props.onClose}>
      <p>
        Now {slot.state}
        {overridden ? `; the file says ${slot.file_state}` : ""}. {count(slot.in_flight)} requests in flight
        {slot.hosts !== null ? `, ${count(slot.hosts)} known hosts` : ""}. A change holds over reloads, until you
        choose "As the file says".
      </p>
      <fieldset>
        <legend class="quiet">New state</legend>
        {WISHES.filter(({ wish: one }) => (one === "file" ? overridden : one !== (slot.state as State))).map(
          ({ wish: one, title, effect }) => (
            <label class="choice" key={one}>
              <input type="radio" name="wish" value={one} checked={wish === one} onChange={() => setWish(one)} />
              <span>
                <strong>{title}</strong> {effect}
              </span>
            </label>
          ),
        )}
      </fieldset>
      {problem !== "" && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      <form method="dialog" class="buttons">
        <button type="submit">Cancel</button>
        <button type="button" class="primary" disabled={wish === "" || busy} onClick={() => void change()}>
          {busy ? "Changing…" : "Change"}
        </button>
      </form>
    </Dialog>
  );
}
