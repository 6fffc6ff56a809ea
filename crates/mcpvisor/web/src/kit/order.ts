// Rows in the order of a column, in groups if that is wished. What is not known comes last, whatever the direction.

/** What rows are compared by. */
export type Key = number | string | null | undefined;
/** Which column, and which way. */
export type Sorting = { column: string; descending: boolean };
/** A row, or the head of a group. */
export type Line<R> = { row: R } | { group: string; rows: R[] };

// Loaded when something is sorted by its words: that takes longer than the page needs for its first picture.
let collator: Intl.Collator | undefined;
const words = (left: string, right: string): number => (collator ??= new Intl.Collator("en", { numeric: true, sensitivity: "base" })).compare(left, right);

/** Compares two keys. */
export function compare(left: Key, right: Key, descending: boolean): number {
  const hasLeft = left !== null && left !== undefined;
  const hasRight = right !== null && right !== undefined;
  if (!hasLeft || !hasRight) return Number(hasRight) - Number(hasLeft);
  const found = typeof left === "number" && typeof right === "number" ? left - right : words(String(left), String(right));
  return descending ? -found : found;
}

/** Sorts a copy; rows that are equal keep the order of `tie`. */
export function sorted<R>(rows: readonly R[], key: (row: R) => Key, tie: (row: R) => string, descending: boolean): R[] {
  const keyed = rows.map((row) => ({ row, key: key(row), tie: tie(row) }));
  keyed.sort((left, right) => compare(left.key, right.key, descending) || (left.tie < right.tie ? -1 : 1));
  return keyed.map(({ row }) => row);
}

/** Puts rows, which are sorted, into groups by name; the order within stays. */
export function grouped<R>(rows: readonly R[], group: ((row: R) => string) | undefined): Line<R>[] {
  if (!group) return rows.map((row) => ({ row }));
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const name = group(row);
    const found = groups.get(name);
    if (found) found.push(row);
    else groups.set(name, [row]);
  }
  const names = [...groups.keys()].sort(words);
  return names.flatMap((name): Line<R>[] => {
    const members = groups.get(name) ?? [];
    return [{ group: name, rows: members }, ...members.map((row) => ({ row }))];
  });
}
