// No view is wider than its window, at the widths of a phone, a laptop and a large screen.
import assert from "node:assert/strict";
import { go, places } from "../kit/places.mjs";

/** How much wider the page is than its window, and what sticks out. */
function excess() {
  const main = document.querySelector("main");
  const page = document.documentElement;
  // Text may stick out of an element that does not.
  const right = main.getBoundingClientRect().left + main.clientWidth + 1;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_ALL);
  const out = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const range = document.createRange();
    range.selectNode(node);
    if (range.getBoundingClientRect().right > right) out.push(node);
  }
  return {
    over: Math.max(main.scrollWidth - main.clientWidth, page.scrollWidth - page.clientWidth),
    by: out.slice(0, 6).map((each) => `${each.nodeName} of ${each.parentElement?.className} "${each.textContent.slice(0, 40)}"`),
  };
}

export default async function ({ page, stage, signIn }) {
  await signIn();
  const wide = [];
  const all = await places(page, stage.server);
  for (const width of [390, 1280, 1920]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 1000 });
    for (const { name, href } of all) {
      await go(page, href);
      // Charts take their width from the page after the page has taken its own.
      let found = await page.evaluate(excess);
      for (let again = 0; found.over > 0 && again < 10; again += 1) {
        await page.waitForTimeout(200);
        found = await page.evaluate(excess);
      }
      if (found.over > 0) wide.push(`${name} at ${width}: by ${found.over} pixels: ${found.by.join("; ")}`);
    }
  }
  assert.deepEqual(wide, []);
}
