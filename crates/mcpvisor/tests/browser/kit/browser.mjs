// A headless browser that talks to nobody but the page that it is given.
import { createRequire } from "node:module";
import { join } from "node:path";
import { stage } from "./stage.mjs";

/** Loads from the packages that the testbed has installed. */
export const installed = createRequire(join(stage.packages, "node_modules", "here.js"));

const arguments_ = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--font-render-hinting=none",
];

/** Starts it. */
export function launch(more = []) {
  const { chromium } = installed("playwright-core");
  return chromium.launch({ executablePath: stage.chromium, args: [...arguments_, ...more] });
}

/** How long anything may take before a scenario has failed: the machine is busy with other tests. */
export const PATIENCE = 40_000;

/** A window of its own, without anything from other windows. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE);
  return context.newPage();
}
