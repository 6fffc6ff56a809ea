// Scripts and styles are small, everything comes from the daemon, and the policy has nothing to report: `run.mjs`
// judges requests and reports of all scenarios; this one goes everywhere.
import assert from "node:assert/strict";
import { go, places } from "../kit/places.mjs";

const MOST_BYTES = 60 * 1024;

export default async function ({ page, stage, signIn, asked }) {
  const files = [];
  page.on("response", (response) => {
    if (/\.(js|css)$/.test(new URL(response.url()).pathname)) files.push(response);
  });
  await signIn();
  for (const { href } of await places(page, stage.server)) await go(page, href);
  assert.deepEqual([...asked], [new URL(stage.address).origin]);

  let bytes = 0;
  for (const response of files) {
    const headers = await response.allHeaders();
    assert.equal(headers["content-encoding"], "gzip", response.url());
    bytes += Number(headers["content-length"]);
  }
  assert.ok(bytes > 0 && bytes <= MOST_BYTES, `${bytes} bytes of scripts and styles in ${files.length} files`);
  const policy = (await (await page.request.get(stage.address)).headers())["content-security-policy"];
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe"), policy);
}
