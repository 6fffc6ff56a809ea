// A picture of each view in both themes, small enough for a repository.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { go, places } from "../kit/places.mjs";

const MOST_BYTES = 150 * 1024;

export const window = { viewport: { width: 1280, height: 820 } };

export default async function ({ page, stage, signIn }) {
  await signIn();
  const all = await places(page, stage.server);
  assert.ok(all.length >= 8, `few views: ${all.map(({ name }) => name)}`);
  const large = [];
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    for (const { name, href } of all) {
      await go(page, name === "server" ? `${href}?range=24h` : href);
      await page.mouse.move(640, 4);
      await page.waitForTimeout(1_200); // Lines that are asked for after the view.
      const path = join(stage.folder, `${name}-${theme}.png`);
      await page.screenshot({ path });
      const { size } = statSync(path);
      if (size > MOST_BYTES) large.push(`${path}: ${size} bytes`);
    }
  }
  assert.deepEqual(large, []);
}
