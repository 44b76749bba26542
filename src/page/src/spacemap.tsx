// SPDX-License-Identifier: Apache-2.0
import { color, percent } from "./format";
import { runs, sizes, type Cell } from "./space";
import { Swatch } from "./ui";

const COLUMNS = 64;
const CELL = 10;

/**
 * The picture of the hash space: each cell is a host of a sample. With {@code moved}, cells of hosts that stay are
 * pale.
 */
export function SpaceMap(props: { cells: Cell[]; side: "before" | "after"; moved: boolean; label: string }) {
  const { cells, side, moved } = props;
  const rows = Math.ceil(cells.length / COLUMNS);
  const all = runs(cells, COLUMNS, (a, b) => a[side] === b[side] && stays(a) === stays(b));
  return (
    <svg
      class="space"
      viewBox={`0 0 ${COLUMNS * CELL} ${rows * CELL}`}
      role="img"
      aria-label={props.label}
    >
      {all.map((run) => (
        <rect
          key={`${run.row}-${run.start}`}
          x={run.start * CELL}
          y={run.row * CELL}
          width={run.length * CELL}
          height={CELL}
          fill={color(run.value[side])}
          opacity={moved && stays(run.value) ? 0.28 : 1}
        />
      ))}
      <path d={grid(rows)} />
    </svg>
  );
}

/** The lines between cells. */
function grid(rows: number): string {
  const across = Array.from({ length: rows + 1 }, (_, row) => `M0 ${row * CELL}H${COLUMNS * CELL}`);
  const down = Array.from({ length: COLUMNS + 1 }, (_, column) => `M${column * CELL} 0V${rows * CELL}`);
  return [...across, ...down].join("");
}

function stays(cell: Cell): boolean {
  return cell.before === cell.after;
}

/** The same in words: which slot has which part, and how it changes. */
export function SpaceTable(props: { cells: Cell[]; names: (index: number) => string; changed: boolean }) {
  const before = sizes(props.cells.map((cell) => cell.before));
  const after = sizes(props.cells.map((cell) => cell.after));
  const slots = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
  const part = (n: number | undefined) => (n ?? 0) / Math.max(1, props.cells.length);
  return (
    <table class="parts">
      <thead>
        <tr>
          <th scope="col">Slot</th>
          <th scope="col" class="number">
            {props.changed ? "Now" : "Share"}
          </th>
          {props.changed && <th scope="col" class="number">
                With the edit
              </th>}
        </tr>
      </thead>
      <tbody>
        {slots.map((slot) => (
          <tr key={slot}>
            <th scope="row">
              <Swatch index={slot} />
              <span class="name">{slot === 0 ? "none of the list" : props.names(slot)}</span>
            </th>
            <td class="number">{percent(part(before.get(slot)))}</td>
            {props.changed && <td class="number">{percent(part(after.get(slot)))}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
