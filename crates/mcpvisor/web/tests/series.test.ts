import assert from "node:assert/strict";
import { test } from "node:test";
import type { Series } from "../src/api/client";
import { align, joined } from "../src/kit/series";

const series = (at: number[], value: (number | null)[], more: object = {}): Series => {
  const { kind = "gauge", labels = {}, ...columns } = more as { kind?: string; labels?: Record<string, string> };
  return { metric: "m", labels, kind, unit: "", tier: "raw", points: [], columns: { at, value, gaps: [], ...columns } } as Series;
};

test("one series is drawn as it is, without a copy", () => {
  const one = series([1, 2, 3], [5, 6, 7]);
  const { times, lines } = align([{ label: "a", series: one }]);
  assert.equal(times, one.columns.at);
  assert.equal(lines[0]?.values, one.columns.value);
});

test("series of different times share an axis, and are unknown where they have no sample", () => {
  const { times, lines } = align([{ label: "a", series: series([1, 3], [1, 3]) }, { label: "b", series: series([2, 3], [20, 30]) }], 10);
  assert.deepEqual(times, [1, 2, 3]);
  assert.deepEqual(lines, [{ label: "a", values: [10, null, 30] }, { label: "b", values: [null, 200, 300] }]);
});

test("a gap is a place without a value", () => {
  const { times, lines } = align([{ label: "a", series: series([1, 2, 9], [1, 2, 9], { gaps: [2] }) }]);
  assert.deepEqual(times, [1, 2, 9 - 0.001, 9]);
  assert.deepEqual(lines[0]?.values, [1, 2, null, 9]);
});

test("a counter is told by its rate: not over a gap, not where it began anew", () => {
  const one = series([0, 2, 4, 6, 8], [10, 14, 2, 8, 9], { kind: "counter", gaps: [4] });
  assert.deepEqual(align([{ label: "a", series: one }]).lines[0]?.values, [null, 2, null, 3, null, null]);
  assert.deepEqual(align([{ label: "a", series: one }], 1, "", true).lines[0]?.values, [null, 4, null, 6, null, null]);
});

test("buckets are told by their means, and where several are missing nothing is known", () => {
  const one = series([0, 60, 120, 600], [0, 0, 0, 0], { mean: [1, 2, 3, 4], increase: [5, 6, 7, 8], kind: "counter" });
  const { times, lines } = align([{ label: "a", series: one }]);
  assert.deepEqual(times, [0, 60, 120, 180, 600]);
  assert.deepEqual(lines[0]?.values, [1, 2, 3, null, 4]);
  assert.deepEqual(align([{ label: "a", series: one }], 1, "", true).lines[0]?.values, [5, 6, 7, null, 8]);
});

test("series of one label are summed up, and all of them to a total", () => {
  const all = [[1, 2], [10, null], [null, null]].map((value, at) => ({ label: at === 2 ? "b" : "a", series: series([1, 2], value) }));
  const { lines } = align(all, 1, "all");
  assert.deepEqual(lines, [{ label: "all", values: [11, 2] }, { label: "a", values: [11, 2] }, { label: "b", values: [null, null] }]);
});

test("nothing has no axis", () => {
  assert.deepEqual(align([]), { times: [], lines: [] });
});

test("a later answer continues: what is known already is not told twice, what is too old is forgotten", () => {
  const old = [series([1, 2, 3], [1, 2, 3], { gaps: [1, 2] }), series([1], [9], { labels: { kind: "ended" } })];
  const more = [series([3, 4, 5], [3, 4, 5], { gaps: [0, 2] }), series([4], [7], { labels: { kind: "new" } })];
  const [first, ended, fresh] = joined(old, more, 2);
  assert.deepEqual(first?.columns, { at: [2, 3, 4, 5], value: [2, 3, 4, 5], gaps: [0, 1, 3] });
  assert.deepEqual(ended?.columns, { at: [], value: [], gaps: [] });
  assert.deepEqual(fresh?.columns, { at: [4], value: [7], gaps: [] });
});
