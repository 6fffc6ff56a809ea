import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, sorted } from "../src/kit/order";

test("what is not known comes last, whatever the direction", () => {
  const keys = [2, null, 10, undefined, 1];
  const by = (descending: boolean) => sorted(keys, (key) => key, String, descending);
  assert.deepEqual(by(false), [1, 2, 10, null, undefined]);
  assert.deepEqual(by(true), [10, 2, 1, null, undefined]);
});

test("words are sorted as people count, and equals by their tie", () => {
  const rows = ["server-10", "Server-9", "server-2"];
  assert.deepEqual(sorted(rows, (row) => row, String, false), ["server-2", "Server-9", "server-10"]);
  assert.deepEqual(sorted(["b", "a"], () => 1, String, true), ["a", "b"]);
});

test("groups stand in the order of their names, rows in the order they had", () => {
  const rows = [["z", 1], ["a", 2], ["z", 3]] as const;
  const lines = grouped(rows, ([group]) => group);
  assert.deepEqual(lines.map((line) => "row" in line ? line.row[1] : line.group), ["a", 2, "z", 1, 3]);
});
