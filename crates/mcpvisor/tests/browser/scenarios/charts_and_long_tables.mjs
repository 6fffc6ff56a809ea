// What is drawn and what moves: a table that is longer than the window by keys and by wheel, and charts with times at
// their axis, one cursor, and a zoom there and back.
import assert from "node:assert/strict";
import { go, hrefOf, table } from "../kit/places.mjs";

export default async function ({ page, stage, signIn }) {
  await page.addInitScript(() => {
    const write = CanvasRenderingContext2D.prototype.fillText;
    globalThis.written = [];
    CanvasRenderingContext2D.prototype.fillText = function fillText(text, ...rest) {
      globalThis.written.push(text);
      return write.call(this, text, ...rest);
    };
  });
  await signIn();
  await longTable(page, stage.servers);
  await charts(page, stage.server);
}

async function longTable(page, servers) {
  const rows = table(page).locator("tbody tr[data-id]");
  await rows.first().waitFor();
  const count = () => table(page).locator("tbody").getAttribute("data-rows").then(Number);
  await page.waitForFunction((least) => Number(document.querySelector('table[aria-label="Servers"] tbody').dataset.rows) >= least, servers);
  const places = () => rows.evaluateAll((all) => all.map((row) => row.ariaRowIndex ?? row.getAttribute("aria-rowindex")).map(Number));
  assert.ok((await places()).length < servers, "only rows in sight exist");

  const focused = () => page.evaluate(() => Number(document.activeElement?.closest("tr[data-id]")?.getAttribute("aria-rowindex") ?? -1));
  await rows.first().getByRole("link").first().focus();
  await page.keyboard.press("End");
  await page.waitForFunction((last) => Number(document.activeElement?.closest("tr[data-id]")?.getAttribute("aria-rowindex")) === last, (await count()) + 1);
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), await count());
  // The focus stays with its row while looks come.
  const id = () => page.evaluate(() => document.activeElement?.closest("tr[data-id]")?.dataset.id);
  const before = await id();
  await page.waitForTimeout(2_500);
  assert.equal(await id(), before);
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.activeElement?.closest("tr[data-id]")?.getAttribute("aria-rowindex") === "2");
  // On the first row already, nothing is left to be done, and nobody's focus is taken later.
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("/");
  await page.waitForTimeout(2_500);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("type")), "search");
  await page.keyboard.press("Escape");

  await page.mouse.move(700, 600);
  for (let turn = 0; turn < 6; turn += 1) {
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(120);
    const seen = await places();
    assert.deepEqual(seen, seen.map((_, place) => seen[0] + place), "a row is missing or stands twice");
    const [top, bottom] = await rows.evaluateAll((all) => [all[0].getBoundingClientRect().top, all.at(-1).getBoundingClientRect().bottom]);
    const isEnd = seen.at(-1) === (await count()) + 1;
    assert.ok((seen[0] === 2 || top <= 0) && (isEnd || bottom >= 900), `rows from ${top} to ${bottom} do not fill the window`);
  }
}

async function charts(page, server) {
  const href = await hrefOf(page, server);
  await page.evaluate(() => { globalThis.written.length = 0; });
  await go(page, `${href}?range=1h`);
  const plots = page.locator(".chart .u-over");
  await plots.nth(1).waitFor();
  // At once, not with the next answer.
  await page.waitForFunction(() => globalThis.written.some((text) => /^\d\d:\d\d$/.test(text)), null, { timeout: 3_000 });

  const legend = page.locator(".chart").nth(1).locator(".legend");
  assert.doesNotMatch(await legend.innerText(), /\d\d:\d\d:\d\d/);
  const box = await plots.first().boundingBox();
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width - 8, middle);
  await page.mouse.move(box.x + box.width - 4, middle);
  await page.waitForFunction(() => /\d\d:\d\d:\d\d/.test(document.querySelectorAll(".chart .legend")[1].innerText));

  const back = page.getByRole("button", { name: /✕/ });
  assert.equal(await back.count(), 0);
  await page.mouse.move(box.x + box.width * 0.4, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, middle, { steps: 5 });
  await page.mouse.up();
  await back.waitFor();
  await back.click();
  await back.waitFor({ state: "detached" });
}
