// SPDX-License-Identifier: Apache-2.0
import type { OrderedHost, Orders } from "./api";
import { nextOrder, orderState, pause } from "./certificates";
import { count, localTime, plural } from "./format";

/** What is ordered from a certificate authority: a pause first, then the figures, then hosts with problems before others. */
export function OrdersPart({ orders, name }: { orders: Orders; name: string }) {
  const paused = pause(orders, Date.now());
  return (
    <section class="orders" aria-labelledby="orders">
      <h2 id="orders">Ordered on demand</h2>
      {paused !== null && (
        <div class="notice" role="status">
          <b>{paused.title}</b>
          <p>{paused.reason}</p>
        </div>
      )}
      <Figures orders={orders} />
      {orders.hosts.length === 0 ? (
        <p class="empty">
          <b>{name === "" ? "Nothing was ordered yet." : "Nothing was ordered for this name."}</b> The first client that asks for an allowed host starts
          an order: <a href="#/help/acme">how it works</a>
        </p>
      ) : (
        <Hosts hosts={orders.hosts} />
      )}
      {orders.more && <p class="dim">There are more: find one by its name, or run <code>rsp certs FILE</code>.</p>}
    </section>
  );
}

function Figures({ orders }: { orders: Orders }) {
  const bad = (n: number) => (n > 0 ? "bad" : undefined);
  return (
    <dl class="facts counts">
      <dt>Stored</dt>
      <dd>{plural(orders.stored, "host")}</dd>
      <dt>Since the start</dt>
      <dd>
        {count(orders.issued)} issued, {count(orders.renewed)} renewed
      </dd>
      <dt>Failed</dt>
      <dd class={bad(orders.failed)}>{orders.failed === 0 ? "none" : `${count(orders.failed)}, because of the hosts`}</dd>
      <dt>Interrupted</dt>
      <dd class={bad(orders.interrupted)}>{orders.interrupted === 0 ? "none" : `${count(orders.interrupted)}, because of the authority or the store`}</dd>
      <dt>Now</dt>
      <dd>
        {count(orders.running)} under way, {count(orders.queued)} waiting; {plural(orders.waiting_handshakes, "handshake")} held for them
      </dd>
      <dt>Budget</dt>
      <dd>
        {count(orders.budget_used)} of {plural(orders.budget, "order")} used
      </dd>
    </dl>
  );
}

const CONDITION = { failed: "broken", queued: "soon", ordering: "soon", stored: "good" } as const;

function Hosts({ hosts }: { hosts: OrderedHost[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Hosts of orders">
      <table class="plain">
        <caption class="hidden">Hosts for which certificates are ordered, their state, and when they are ordered next</caption>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">State</th>
            <th scope="col">Expires</th>
            <th scope="col">Next order</th>
          </tr>
        </thead>
        <tbody>
          {hosts.map((one) => (
            <tr key={one.host}>
              <th scope="row">{one.host}</th>
              <td>
                <span class={`condition ${CONDITION[one.state]}`}>{orderState(one)}</span>
                {one.problem !== null && <div class="reason">{one.problem}</div>}
              </td>
              <td>{one.not_after === null ? "–" : <time dateTime={one.not_after}>{localTime(one.not_after).slice(0, 10)}</time>}</td>
              <td>{nextOrder(one) ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
