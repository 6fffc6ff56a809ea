// The whole page, sign-in and live events included, below a path of its own: the daemon's, or that of a proxy which
// takes it off.
import assert from "node:assert/strict";
import { go, hrefOf, places } from "../kit/places.mjs";
import { proxy } from "../kit/proxy.mjs";
import { live } from "../kit/session.mjs";

export default async function ({ page, stage, signIn, asked }) {
  const between = stage.proxy && (await proxy(stage.proxy.port, stage.prefix, stage.proxy.target));
  try {
    await everywhere({ page, stage, signIn, asked });
  } finally {
    between?.close();
    between?.closeAllConnections();
  }
}

async function everywhere({ page, stage, signIn, asked }) {
  const paths = new Set();
  page.on("request", (request) => paths.add(new URL(request.url()).pathname));
  await signIn();
  await live(page);
  for (const { href } of await places(page)) await go(page, href);
  await go(page, await hrefOf(page, stage.server));
  await page.getByRole("heading", { level: 1, name: stage.server }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: stage.server }).waitFor();
  const outside = [...paths].filter((path) => !path.startsWith(stage.prefix));
  assert.deepEqual(outside, [], "asked for outside of the prefix");
  assert.equal(asked.size, 1);
}
