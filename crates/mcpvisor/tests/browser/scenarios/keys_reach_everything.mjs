// Without a mouse: searching, moving in the table, opening a server, the list of keys, going to a view.
import assert from "node:assert/strict";
import { rowOf, table } from "../kit/places.mjs";

const focused = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return { tag: at?.tagName, text: at?.textContent, row: at?.closest("tr")?.dataset.id };
});

export default async function ({ page, stage, signIn }) {
  await signIn();
  await page.keyboard.press("/");
  await page.keyboard.type(stage.mark);
  await rowOf(page, stage.servers[0]).waitFor();
  await page.waitForFunction((count) => document.querySelectorAll("main table tbody tr[data-id]").length === count, stage.servers.length);
  await page.keyboard.press("Escape");
  assert.notEqual((await focused(page)).tag, "INPUT", "Escape leaves the field");

  // Into the table: the first thing in a row takes the focus, arrows go on from there.
  await table(page).locator("tbody a").first().focus();
  const first = await focused(page);
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction((row) => document.activeElement?.closest("tr")?.dataset.id !== row, first.row);
  const second = await focused(page);
  assert.ok(second.row, "the focus stays in the table");
  await page.keyboard.press("Home");
  await page.waitForFunction((row) => document.activeElement?.closest("tr")?.dataset.id === row, first.row);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.startsWith("#/server/"));
  await page.getByRole("heading", { level: 1 }).waitFor();

  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await help.getByText("This list").waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });

  await page.keyboard.press("1");
  await page.waitForFunction(() => location.hash === "#/");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  // Every link and button that takes the focus shows it.
  await page.reload();
  await table(page).waitFor();
  await page.keyboard.press("Tab");
  assert.match((await focused(page)).text ?? "", /Skip the navigation/);
  for (let step = 0; step < 12; step += 1) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return style.outlineStyle !== "none" || style.boxShadow !== "none";
    });
    assert.ok(outline, `no mark on ${JSON.stringify(await focused(page))}`);
  }
}
