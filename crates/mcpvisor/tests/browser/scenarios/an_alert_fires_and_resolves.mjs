// An alert is on the page seconds after its rule holds; somebody acknowledges and silences it; when it is over it is
// in the history, with its reason.
import assert from "node:assert/strict";
import { go, settled } from "../kit/places.mjs";

export default async function ({ page, stage, signIn, cue }) {
  await signIn();
  await go(page, "#/alerts");
  const rows = page.getByRole("region", { name: "Alerts", exact: true }).locator("li.pick");
  // Other rules may find something in the same server.
  const row = rows.filter({ hasText: `Rule ${stage.rule}` });
  assert.equal(await row.count(), 0);

  await cue("cross the threshold");
  await row.getByText(/^firing since/).waitFor();
  await row.locator("summary").click();
  await row.getByText(`server="${stage.server}"`, { exact: true }).waitFor();
  const count = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: /^Alerts/ });
  await count.getByText(/^\d+$/).waitFor();

  await row.getByRole("button", { name: "Acknowledge" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("known since lunch");
  await dialog.getByRole("button", { name: "Acknowledge" }).click();
  await row.getByText("known since lunch").waitFor();
  await row.getByText("acknowledged").waitFor();
  assert.equal((await cue("alert")).acknowledged.comment, "known since lunch");

  await row.getByRole("button", { name: /^Silence/ }).click();
  await dialog.getByRole("combobox").selectOption({ label: "4 hours" });
  await dialog.getByRole("textbox").last().fill("being mended");
  await dialog.getByRole("button", { name: "Silence for 4 hours" }).click();
  await row.getByText("silenced").waitFor();
  assert.equal((await cue("alert")).silenced_by.length, 1);
  await page.getByRole("button", { name: "Silences" }).click();
  await page.getByRole("table", { name: "Silences" }).getByText("being mended").waitFor();

  await page.getByRole("button", { name: "Now", exact: true }).click();
  await row.waitFor();
  await cue("end it");
  await row.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "History", exact: true }).click();
  await settled(page);
  await row.getByText("ended").waitFor();
}
