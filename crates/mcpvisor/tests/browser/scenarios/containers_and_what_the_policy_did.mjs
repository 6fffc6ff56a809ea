// Containers stand with their owner and what they use of what they may; what was left behind is said and removed with
// its files; limits hold; and the policy tells what it has done and why.
import assert from "node:assert/strict";
import { join } from "node:path";
import { go } from "../kit/places.mjs";

/** Pictures of this state for whoever looks at them. */
async function pictures(page, folder, name) {
  for (const width of folder ? [390, 1280, 1920] : []) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height: 1200 });
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

export default async function ({ page, stage, signIn }) {
  await signIn();
  await go(page, "#/containers");
  const engines = page.getByRole("table", { name: "Engines" });
  await engines.getByText("up", { exact: true }).waitFor();

  const containers = page.getByRole("region", { name: "Containers", exact: true });
  const hub = containers.locator("li.pick").filter({ has: page.getByText("hub-1", { exact: true }) });
  await hub.getByText("running", { exact: true }).waitFor();
  await hub.getByText(/of 64 MiB/).waitFor();
  await hub.getByText(/of 50 tasks/).waitFor();
  const left = containers.locator("li.pick").filter({ hasText: "fetch of" });
  await left.getByText("orphan", { exact: true }).waitFor();
  await left.getByText("Evidence and details").click();
  await left.getByText(stage.left).waitFor();

  const limits = page.getByRole("region", { name: "Limits" });
  await limits.getByText("holds", { exact: true }).first().waitFor();
  const policy = page.getByRole("region", { name: "Policy" });
  await policy.getByText("enforce", { exact: true }).waitFor();
  const act = policy.locator("li.pick").filter({ hasText: "restart container" }).filter({ hasText: "was restarted" }).first();
  await act.getByText("Evidence").click();
  await act.getByText("tasks of hub").first().waitFor();
  await pictures(page, stage.pictures, "containers-with-engine");

  await go(page, "#/findings");
  const plan = page.getByRole("region", { name: "What can be removed" });
  await plan.locator("li.pick").filter({ hasText: "of docker mcp gateway, proven" }).waitFor();
  assert.equal(await plan.locator("li.pick").filter({ hasText: "mcpproxy-cid-" }).count(), 6);
  await pictures(page, stage.pictures, "findings-with-containers");
  await plan.getByRole("button", { name: /^Remove 1 container and 6 files/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  const report = page.getByRole("region", { name: "What the cleaning did" });
  assert.match(await report.getByRole("row", { name: /^Containers/ }).innerText(), /Containers\s+1\s+0\s+1/);
  assert.match(await report.getByRole("row", { name: /^Files/ }).innerText(), /Files\s+6\s+0\s+6/);
  await plan.getByText("Nothing is to be removed").waitFor();
  await pictures(page, stage.pictures, "findings-after-cleaning");
}
