import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "../src/format/text";
import { bytes, byUnit, count, duration, percent, ratio } from "../src/format/units";

test("figures are short for the eye and exact on hover", () => {
  assert.deepEqual(bytes(0), { text: "0 B", exact: "0 bytes" });
  assert.deepEqual(bytes(1_234_567), { text: "1.18 MiB", exact: "1,234,567 bytes" });
  assert.equal(bytes(1023 * 1024).text, "1.00 MiB");
  assert.equal(bytes(2 ** 60).text, "1024 PiB");
  assert.deepEqual(percent(0.04), { text: "<0.1 %", exact: "0.04 %" });
  assert.equal(percent(0).text, "0.0 %");
  assert.deepEqual(count(1_234_567), { text: "1.23 M", exact: "1,234,567" });
  assert.deepEqual(count(99_999), { text: "99,999", exact: "99,999" });
  assert.deepEqual(count(-1234.5678), { text: "-1235", exact: "-1,234.568" });
  assert.equal(ratio(0.999).text, "99.9 %");
  assert.equal(byUnit("bytes", true)(2048).text, "2 KiB/s");
});

test("what is not known is a dash, never zero", () => {
  for (const format of [bytes, percent, count, duration, ratio]) {
    for (const unknown of [null, undefined, NaN, Infinity]) assert.equal(format(unknown).text, "–");
  }
});

test("durations have two units at most", () => {
  for (const [seconds, text] of [[0, "0 s"], [0.0123, "12.3 ms"], [59, "59 s"], [60, "1 min"], [3_725, "1 h 2 min"], [90_000, "1 d 1 h"]] as const) {
    assert.equal(duration(seconds).text, text);
  }
});

test("hidden characters of strangers' texts are spelled out", () => {
  assert.equal(visible("a\u202eb\u0000c\ufeff"), "a‹U+202E›b‹U+0000›c‹U+FEFF›");
  assert.equal(visible("näive 名 🎉 <b>"), "näive 名 🎉 <b>");
});
