// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import { ApiError, get, post, type Plan, type Slots, type Space, type SpaceChange } from "./api";
import { count, percent } from "./format";
import { cells } from "./space";
import { SpaceMap, SpaceTable } from "./spacemap";
import { Loading, Problem } from "./ui";

/** The API takes files of up to 64 MiB. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Result {
  plan: Plan;
  space: SpaceChange;
}

/** The hash space now, and what a candidate would move, before it is used. */
export function EditView(props: { slots: Slots | null; file: string }) {
  const [now, setNow] = useState<Space | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  const [problem, setProblem] = useState<{ title: string; lines: string[] } | null>(null);

  useEffect(() => {
    const end = new AbortController();
    get<Space>("api/space", end.signal)
      .then(setNow)
      .catch((e: unknown) => {
        if (!end.signal.aborted) {
          setProblem({ title: e instanceof Error ? e.message : String(e), lines: [] });
        }
      });
    return () => end.abort();
  }, []);

  async function compare(candidate: string) {
    setBusy(true);
    setProblem(null);
    setResult(null);
    try {
      const plan = await post<Plan>("api/plan", candidate, "text/plain");
      const space = await post<SpaceChange>("api/space", candidate, "text/plain");
      setResult({ plan, space });
    } catch (e) {
      const lines = e instanceof ApiError ? e.problems : [];
      const title =
        e instanceof ApiError && e.status === 422
          ? "rsp would refuse this file"
          : e instanceof Error
            ? e.message
            : String(e);
      setProblem({ title, lines });
    } finally {
      setBusy(false);
    }
  }

  async function choose(file: File | undefined) {
    if (file === undefined) {
      return;
    }
    if (file.size > MOST_BYTES) {
      setProblem({ title: `${file.name} has more than 64 MiB`, lines: [] });
      return;
    }
    const candidate = await file.text();
    setText(candidate);
    await compare(candidate);
  }

  return (
    <>
      <section class="candidate" aria-labelledby="candidate-title">
        <h2 id="candidate-title">Candidate</h2>
        <p class="hint">
          Paste an edited {props.file === "" ? "backends.lua" : props.file}, or choose a file. It is compared with the
          configuration in force; nothing changes.
        </p>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void compare(text);
          }}
        >
          <label for="candidate">Configuration</label>
          <textarea
            id="candidate"
            rows={10}
            spellcheck={false}
            value={text}
            onInput={(e) => setText(e.currentTarget.value)}
          />
          <div class="buttons">
            <label class="file">
              <span>Choose a file</span>
              <input type="file" onChange={(e) => void choose(e.currentTarget.files?.[0])} />
            </label>
            <button type="submit" class="primary" disabled={busy || text.trim() === ""}>
              {busy ? "Comparing…" : "What would it move?"}
            </button>
          </div>
        </form>
      </section>
      {problem !== null && <Problem title={problem.title} lines={problem.lines} />}
      <div role="status">{busy && <Loading what="the comparison" />}</div>
      {result !== null ? (
        <Change result={result} slots={props.slots} />
      ) : (
        <section aria-labelledby="space-title">
          <h2 id="space-title">The hash space now</h2>
          {now === null ? (
            problem === null && <Loading what="the hash space" />
          ) : (
            <Now space={now} slots={props.slots} />
          )}
        </section>
      )}
    </>
  );
}

function nameOf(slots: Slots | null, plan?: Plan): (index: number) => string {
  return (index) =>
    slots?.slots.find((slot) => slot.index === index)?.name ?? plan?.slots[index - 1]?.name ?? `slot ${index}`;
}

function Now(props: { space: Space; slots: Slots | null }) {
  const all = cells(props.space.slots, props.space.slots);
  return (
    <>
      <p class="hint">Each cell is one of {count(all.length)} host names, in the color of its slot.</p>
      <div class="picture">
        <SpaceMap cells={all} side="before" moved={false} label="The hash space; the table beside it has the parts in numbers" />
        <SpaceTable cells={all} names={nameOf(props.slots)} changed={false} />
      </div>
    </>
  );
}

function Change(props: { result: Result; slots: Slots | null }) {
  const { plan, space } = props.result;
  const all = cells(space.before, space.after);
  const nothing = plan.moved === 0 && space.moved === 0;
  return (
    <section aria-labelledby="change-title" class="change">
      <h2 id="change-title">
        {nothing
          ? "It moves no host"
          : plan.hosts > 0
            ? `It moves ${count(plan.moved)} of ${count(plan.hosts)} known hosts (${percent(plan.percent / 100)})`
            : `It moves about ${percent(space.moved)} of all hosts`}
      </h2>
      {plan.warnings.length > 0 && <pre tabIndex={0}>{plan.warnings.join("\n")}</pre>}
      <p class="hint">
        Each cell is one of {count(all.length)} host names. Pale cells stay; the others move: {percent(space.moved)}.
      </p>
      <div class="picture">
        <div class="pair">
          <h3>Now</h3>
          <SpaceMap cells={all} side="before" moved label="The hash space now; the table has the parts in numbers" />
          <h3>With the edit</h3>
          <SpaceMap cells={all} side="after" moved label="The hash space with the edit; the table has the parts in numbers" />
        </div>
        <SpaceTable cells={all} names={nameOf(props.slots, plan)} changed />
      </div>
      {plan.pairs.length > 0 && (
        <table class="parts">
          <caption>Known hosts that move</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col" class="number">
                Hosts
              </th>
            </tr>
          </thead>
          <tbody>
            {plan.pairs.slice(0, 20).map((pair) => (
              <tr key={`${pair.from} ${pair.to}`}>
                <td>{pair.from}</td>
                <td>{pair.to}</td>
                <td class="number">{count(pair.hosts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {plan.pairs.length > 20 && <p class="hint">And {count(plan.pairs.length - 20)} more pairs.</p>}
      {plan.alternatives.length > 0 && (
        <>
          <h3>What would move fewer</h3>
          <ul class="alternatives">
            {plan.alternatives.map((one) => (
              <li key={one.what}>
                <strong>{percent(one.percent / 100)}</strong> {one.what}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
