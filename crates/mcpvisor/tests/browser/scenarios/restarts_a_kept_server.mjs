// Restarting a kept server is asked first, names its processes, and leads to another process.
import assert from "node:assert/strict";
import { go, hrefOf } from "../kit/places.mjs";

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  await go(page, await hrefOf(page, stage.server));
  const tree = page.getByRole("table", { name: "Processes" });
  const { pid: before } = await cue("pid");
  await tree.getByRole("cell", { name: String(before), exact: true }).waitFor();

  const restart = page.getByRole("button", { name: "Restart", exact: true });
  await restart.click();
  const question = page.getByRole("dialog");
  await question.getByText(/Ends \d+ process/).waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await cue("pid")).pid, before, "nothing happens before it is confirmed");

  await restart.click();
  await question.getByRole("button", { name: "Restart" }).click();
  await page.getByText(`${stage.server} is restarted`).or(page.getByText(`${stage.server} is being restarted`)).first().waitFor();
  const { pid: after } = await cue("pid");
  assert.notEqual(after, before);
  await tree.getByRole("cell", { name: String(after), exact: true }).waitFor();
  assert.equal(await tree.getByRole("cell", { name: String(before), exact: true }).count(), 0);
}
