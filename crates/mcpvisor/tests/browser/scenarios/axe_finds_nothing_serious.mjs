// axe-core on every view, in both themes, on a wide and on a narrow window.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { installed } from "../kit/browser.mjs";
import { go, places } from "../kit/places.mjs";

export default async function ({ page, stage, signIn }) {
  await page.addInitScript(readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8"));
  await page.goto(stage.address);
  await page.getByText("This browser is not signed in.").waitFor();
  const bad = [];
  const judge = async (where) => {
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, impact, help, nodes } of violations) {
      if (impact !== "serious" && impact !== "critical") continue;
      const which = nodes.slice(0, 3).map(({ html, failureSummary }) => `    ${html.slice(0, 200)}\n      ${failureSummary?.replaceAll("\n", " ")}`);
      bad.push(`${where}: ${impact} ${id}: ${help}, ${nodes.length} times\n${which.join("\n")}`);
    }
  };
  await judge("signed out");
  await signIn();
  await page.waitForTimeout(1_500); // The first figures are there with the second look.
  const all = await places(page, stage.server);
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      for (const { name, href } of all) {
        await go(page, href);
        await judge(`${name}, ${theme}, ${width}`);
      }
    }
  }
  assert.equal(bad.length, 0, `\n${bad.join("\n")}`);
}
