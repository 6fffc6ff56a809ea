// A table that sorts, groups and stays fast with thousands of rows: only those in sight exist. Where it is narrow,
// columns of low priority go first. Arrows move from row to row, Enter follows the row's link.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useWidth } from "./width";
import { ROW, scroller, useWindow } from "./window";
import { grouped, sorted, type Key, type Sorting } from "./order";

/** A column. */
export type Column<R> = {
  key: string;
  title: string;
  /** What it means, on hover. */
  about?: string;
  /** Least width in pixels; the first column takes what is left. */
  width: number;
  end?: boolean;
  /** 0 is always there; the highest goes first. */
  priority: number;
  /** Absent: it does not sort. */
  sort?: (row: R) => Key;
  /** Numbers are more often wanted from the largest. */
  descending?: boolean;
  cell(row: R): ComponentChildren;
};

type Props<R> = {
  label: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  id(row: R): string;
  sorting: Sorting;
  group?: ((row: R) => string) | undefined;
  groupHead?: (name: string, rows: R[]) => ComponentChildren;
  /** What a click on a row does; the row should have a link of the same kind for everybody else. */
  open?: (row: R) => void;
  empty?: ComponentChildren;
};

export function Table<R>(props: Props<R>) {
  const { rows, id, group } = props;
  const element = useRef<HTMLTableElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const width = useWidth(element);
  const [sorting, setSorting] = useState(props.sorting);
  const [at, setAt] = useState<string>();
  const wantsFocus = useRef(false);
  const columns = useMemo(() => fitting(props.columns, width), [props.columns, width]);
  const by = props.columns.find(({ key }) => key === sorting.column) ?? props.columns[0];
  const lines = useMemo(() => {
    const inOrder = by?.sort ? sorted(rows, by.sort, id, sorting.descending) : rows;
    return grouped(inOrder, group);
  }, [rows, by, sorting, group]);
  const [first, seen, slots] = useWindow(body, lines.length);
  // Rows wait until it is known which columns there are.
  const end = width > 0 ? seen : first;

  // Rows that leave at one end are used again at the other, which is much faster than new ones, and looks change their
  // order. So the focus follows its row wherever that is, and is given up where it is out of sight, or Enter would open
  // another one than the eye has chosen.
  const focus = (wanted: string | undefined): void => {
    const focused = document.activeElement as HTMLElement;
    const isOurs = element.current?.contains(focused);
    // Its row may have gone meanwhile, and left the focus to nobody; what somebody else has got is theirs.
    if (!isOurs && !(wantsFocus.current && focused === document.body)) wantsFocus.current = false;
    else if (wanted !== undefined && (wantsFocus.current || focused.closest("tr[data-id]"))) {
      const row = [...(body.current?.rows ?? [])].find((each) => each.dataset["id"] === wanted);
      if (!row && !wantsFocus.current) focused.blur();
      if (row && !row.contains(focused)) row.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
      if (row && wantsFocus.current) row.scrollIntoView({ block: "nearest" });
      if (row) wantsFocus.current = false;
    }
  };
  useLayoutEffect(() => focus(at));

  const move = (by: number): void => {
    const places = lines.flatMap((line, place) => ("row" in line ? [{ place, id: id(line.row) }] : []));
    const now = places.findIndex((each) => each.id === at);
    const next = places[Math.min(places.length - 1, Math.max(0, now < 0 ? (by > 0 ? 0 : places.length - 1) : now + by))];
    if (!next) return;
    wantsFocus.current = true;
    setAt(next.id);
    if (next.id === at) focus(at);
    // A row that is not there yet must first come into sight.
    const around = scroller();
    if (around && body.current && (next.place < first || next.place >= end)) {
      const top = body.current.getBoundingClientRect().top - around.getBoundingClientRect().top + around.scrollTop;
      around.scrollTop = top + next.place * ROW - around.clientHeight / 2;
    }
  };
  const keys = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    move(Number.isFinite(step) ? step : Math.sign(step) * lines.length);
  };
  const sort = (column: Column<R>): void => setSorting((old) => ({
    column: column.key,
    descending: old.column === column.key ? !old.descending : column.descending ?? false,
  }));

  return (
    <table class="table" ref={element} aria-label={props.label} aria-rowcount={lines.length + 1} onKeyDown={keys}>
      <colgroup>{columns.map((column, place) => <col key={column.key} style={place === 0 ? {} : { width: `${column.width}px` }} />)}</colgroup>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col" class={column.end ? "end" : ""} title={column.about}
              aria-sort={column.key === sorting.column ? (sorting.descending ? "descending" : "ascending") : undefined}>
              {column.sort
                ? <button type="button" onClick={() => sort(column)}>{column.title}{column.key === sorting.column && <span aria-hidden="true">{sorting.descending ? "↓" : "↑"}</span>}</button>
                : <span>{column.title}</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body} data-rows={lines.length}>
        <Space rows={first} columns={columns.length} />
        {lines.slice(first, end).map((line, offset) => "row" in line ? (
          <Row key={(first + offset) % slots} row={line.row} id={id(line.row)} place={first + offset} isAt={id(line.row) === at} columns={columns} open={props.open} reach={setAt} />
        ) : (
          <tr key={(first + offset) % slots} class="group" aria-rowindex={first + offset + 2}>
            <td colSpan={columns.length}>{props.groupHead?.(line.group, line.rows) ?? line.group}</td>
          </tr>
        ))}
        <Space rows={lines.length - end} columns={columns.length} />
        {lines.length === 0 && props.empty !== undefined && <tr><td colSpan={columns.length}>{props.empty}</td></tr>}
      </tbody>
    </table>
  );
}

type RowProps<R> = { row: R; id: string; place: number; isAt: boolean; columns: readonly Column<R>[]; open: ((row: R) => void) | undefined; reach(id: string): void };

/** A row; while the table only scrolls, those that stay are not looked at again. */
function Row<R>({ row, id, place, isAt, columns, open, reach }: RowProps<R>) {
  return useMemo(() => (
    <tr data-id={id} aria-rowindex={place + 2} class={`${isAt ? "at" : ""} ${open ? "open" : ""}`} onFocusIn={() => reach(id)}
      onClick={(event) => !(event.target as Element).closest("a, button, input") && open?.(row)}>
      {columns.map((column) => <td key={column.key} class={column.end ? "end" : ""}>{column.cell(row)}</td>)}
    </tr>
  ), [row, place, isAt, columns, open]);
}

/** Stands for rows that are out of sight. */
function Space({ rows, columns }: { rows: number; columns: number }) {
  if (rows <= 0) return null;
  return <tr class="space" aria-hidden="true"><td colSpan={columns} style={{ height: `${rows * ROW}px` }} /></tr>;
}

/** The columns that there is room for. */
function fitting<R>(columns: readonly Column<R>[], width: number): Column<R>[] {
  let kept = [...columns];
  const needed = (): number => kept.reduce((sum, column) => sum + column.width, 0);
  while (width > 0 && needed() > width && kept.some(({ priority }) => priority > 0)) {
    const worst = Math.max(...kept.map(({ priority }) => priority));
    kept = kept.filter(({ priority }) => priority < worst);
  }
  return kept;
}
