// A server that a client starts is in the table with the next look, and is not running when the client has ended.
import assert from "node:assert/strict";
import { rowOf, search, settled } from "../kit/places.mjs";

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  await search(page, stage.server);
  const row = rowOf(page, stage.server);
  await row.getByText("not running").waitFor();

  const { pid } = await cue("start");
  await row.getByText("running", { exact: true }).waitFor();
  await row.getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: stage.server }).waitFor();
  const tree = page.getByRole("table", { name: "Processes" });
  await tree.getByRole("cell", { name: String(pid), exact: true }).waitFor();
  const command = await tree.locator("tbody tr").filter({ hasText: String(pid) }).innerText();
  assert.match(command, /node/);

  await cue("end");
  await page.goto(`${stage.address}#/`);
  await settled(page);
  await search(page, stage.server);
  await rowOf(page, stage.server).getByText("not running").waitFor();
}
