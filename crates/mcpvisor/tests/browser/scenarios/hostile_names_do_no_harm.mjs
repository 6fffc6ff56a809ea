// Names of servers and words of command lines are shown as what they are, and nothing in them runs, hides or
// reorders what stands beside them.
import assert from "node:assert/strict";
import { go, places, search, settled, table } from "../kit/places.mjs";

// The table shows hidden characters spelled out.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  await cue("start");
  const markup = stage.names.filter((name) => name.includes("<"));
  await search(page, stage.mark);
  const rows = table(page).locator("tbody tr[data-id]");
  await page.waitForFunction((count) => document.querySelectorAll("main table tbody tr[data-id]").length >= count, stage.names.length);
  const shown = await rows.allInnerTexts();
  for (const name of markup) assert.ok(shown.some((text) => text.includes(name)), `${name} is not shown as it is: ${shown}`);
  assert.ok(shown.some((text) => text.includes("‹U+202E›")), "the override is spelled out");
  assert.ok(shown.some((text) => text.includes("‹U+001B›")), "the escape is spelled out");

  const hrefs = await rows.locator("td:first-child a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  const views = await places(page);
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const href of [...views.map((place) => place.href), ...hrefs]) {
      await go(page, href);
      await settled(page);
      const found = await page.evaluate(() => {
        const main = document.querySelector("main");
        return {
          title: document.title,
          text: main.innerText,
          strangers: main.querySelectorAll("img, script, iframe, object, form[action], a[href^='javascript']").length,
          ran: window.harmed,
          over: main.scrollWidth - main.clientWidth,
        };
      });
      assert.equal(found.strangers, 0, `${href}: markup of a name came to life`);
      assert.equal(found.ran, undefined, `${href}: a script of a name ran`);
      assert.ok(!HIDDEN.test(found.title), `${href}: title ${JSON.stringify(found.title)}`);
      const hidden = HIDDEN.exec(found.text);
      assert.equal(hidden, null, `${href}: ${JSON.stringify(hidden && found.text.slice(Math.max(0, hidden.index - 40), hidden.index + 40))}`);
      assert.ok(found.over <= 0, `${href} at ${width}: wider than the window by ${found.over}`);
    }
  }
}
