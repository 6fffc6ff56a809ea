// A browser without a link is told how to get one; the link signs in, once, and stays out of the address.
import assert from "node:assert/strict";

export default async function ({ page, browser, stage, signIn, cue }) {
  await page.goto(stage.address);
  await page.getByText("This browser is not signed in.").waitFor();
  await page.getByText("mcpvisor status --link").waitFor();
  assert.equal(await page.getByRole("table").count(), 0, "nothing is shown to strangers");

  await signIn();
  assert.ok(!page.url().includes("sign-in"), `the secret is in the address: ${page.url()}`);
  await page.goBack().catch(() => null);
  assert.ok(!page.url().includes("sign-in"), `the secret is in the browser's history: ${page.url()}`);
  await page.goto(stage.address);
  await page.getByRole("table", { name: "Servers" }).waitFor();

  const other = await (await browser.newContext()).newPage();
  await other.goto(stage.link);
  await other.getByText("This link has been used").waitFor();

  // Signed out by somebody else, it shows nothing any more.
  await cue("sign out");
  await page.getByText("mcpvisor status --link").waitFor();
  assert.equal(await page.getByRole("table").count(), 0);
}
