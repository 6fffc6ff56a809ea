// `node run.mjs SCENARIO`: plays one scenario in a browser of its own. It fails if the scenario does, or if the page
// did meanwhile what no page of ours may do.
import assert from "node:assert/strict";
import { join } from "node:path";
import { launch, newPage } from "./kit/browser.mjs";
import { watchForHarm } from "./kit/harm.mjs";
import { signIn } from "./kit/session.mjs";
import { cue, noMoreCues, stage } from "./kit/stage.mjs";

const name = process.argv[2];
const scenario = await import(`./scenarios/${name}.mjs`);
const browser = await launch();
let page;
try {
  page = await newPage(browser, scenario.window);
  const watched = await watchForHarm(page, new URL(stage.link).origin);
  // Alerts of other tests' servers are told on every page, and would lie above what is to be clicked.
  const told = page.locator(".toast.bad").first();
  await page.addLocatorHandler(told, () => told.locator("button").evaluate((button) => button.click()), { noWaitAfter: true });
  await scenario.default({ page, browser, stage, cue, signIn: (link) => signIn(page, link), ...watched });
  assert.deepEqual(watched.harms, [], "the page did harm");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
  if (stage.pictures) await page?.screenshot({ path: join(stage.pictures, `failed-${name}.png`) }).catch(() => undefined);
  const text = await page?.locator("body").innerText().catch(() => "");
  console.error(`The page said:\n${text?.slice(0, 4000)}`);
} finally {
  await browser.close();
  noMoreCues();
}
