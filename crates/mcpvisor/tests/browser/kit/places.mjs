// The views as the page itself lists them, and how to get there.
import assert from "node:assert/strict";

/** Places of all views that are in this version, and the page of one server. */
export async function places(page, serverName) {
  const hrefs = await page.$$eval('nav[aria-label="Views"] a', (links) => links.map((link) => link.getAttribute("href")));
  assert.ok(hrefs.length >= 5, `few views: ${hrefs}`);
  const all = hrefs.map((href) => ({ name: href.replace(/^#\//, "") || "overview", href }));
  if (serverName) all.push({ name: "server", href: await hrefOf(page, serverName) });
  const there = [];
  for (const place of all) {
    await go(page, place.href);
    if ((await page.getByText("This view is not in this version.").count()) === 0) there.push(place);
  }
  return there;
}

/** Goes to a place, and waits until nothing is loading there. */
export async function go(page, href) {
  await page.evaluate((to) => { location.hash = to; }, href);
  await settled(page);
}

/** Waits until the view shows what it has. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const main = document.querySelector("main");
    return main?.querySelector("h1, .state") && !main.querySelector(".state.pulse");
  });
  // Charts and lines are drawn after the answer has come.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** The table of all servers on the overview. */
export const table = (page) => page.getByRole("table", { name: "Servers" });

/** The row of a server on the overview. */
export const rowOf = (page, name) => table(page).locator("tbody tr[data-id]").filter({ has: page.getByText(name, { exact: true }) });

/** Shows only servers of this name: the machine has others, and rows out of sight are not there. */
export async function search(page, text) {
  await page.getByRole("searchbox", { name: "Search servers" }).fill(text);
}

/** The place of a server's page. */
export async function hrefOf(page, name) {
  await go(page, "#/");
  await search(page, name);
  const link = rowOf(page, name).first().getByRole("link").first();
  await link.waitFor();
  const href = await link.getAttribute("href");
  await search(page, "");
  return href;
}
