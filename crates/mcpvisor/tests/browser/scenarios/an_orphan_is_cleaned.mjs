// What an owner has left behind is found; a dry run changes nothing; applying ends just what was named, and a report
// says what it was worth.
import assert from "node:assert/strict";
import { go } from "../kit/places.mjs";

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  const { pid } = await cue("leave one behind");
  await go(page, "#/findings");
  const plan = page.getByRole("region", { name: "What can be removed" });
  const row = plan.locator("li.pick").filter({ hasText: `PID ${pid}` });
  await row.getByText(stage.server).waitFor();

  await plan.getByRole("button", { name: "Dry run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/dry run/i).waitFor();
  await dialog.getByText(stage.server, { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.ok((await cue("look")).runs, "a dry run changes nothing");

  // What is not chosen is not touched.
  await row.getByRole("checkbox").uncheck();
  await plan.getByRole("button", { name: "Remove", exact: true }).and(page.locator(":disabled")).waitFor();
  await row.getByRole("checkbox").check();
  await plan.getByRole("button", { name: /^Remove 1 instance with 1 process/ }).click();
  await dialog.getByText(/This cannot be undone/).waitFor();
  assert.ok((await cue("look")).runs);
  await dialog.getByRole("button", { name: "End 1 process" }).click();

  const report = page.getByRole("region", { name: "What the cleaning did" });
  await report.getByText("done", { exact: true }).first().waitFor();
  const processes = report.getByRole("row", { name: /^Processes/ });
  assert.match(await processes.innerText(), /Processes\s+1\s+0\s+1/);
  assert.ok(!(await cue("look")).runs);
  await plan.getByText("Nothing is to be removed").waitFor();
}
