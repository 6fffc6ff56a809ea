// mcpvisor tells of itself and tests its receivers; and whatever cannot be had, refused, gone or broken, is said in
// its place with a way to try again, while the rest of the page stays.
import assert from "node:assert/strict";
import { go } from "../kit/places.mjs";

const problem = (status, detail) => (route) => route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ title: "No", status, detail }) });
const path = (name) => new RegExp(`/api/v1/${name}(\\?|$)`);

export default async function ({ page, stage, signIn }) {
  await signIn();
  await go(page, "#/system");
  const receivers = page.getByRole("table", { name: "Receivers" });
  const toast = page.getByRole("status").locator(".toast");
  await receivers.getByRole("row", { name: /paper/ }).getByRole("button", { name: "Send a test" }).click();
  await toast.filter({ hasText: "paper: the test arrived" }).waitFor();
  // Whoever plays this closes bad news at once; here they are what is looked for.
  const news = page.locator(".toast.bad").first();
  await page.removeLocatorHandler(news);
  await receivers.getByRole("row", { name: /nobody/ }).getByRole("button", { name: "Send a test" }).click();
  await page.locator(".toast.bad").filter({ hasText: /^nobody: the test did not arrive;.*refused/ }).waitFor();
  await page.addLocatorHandler(news, () => news.locator("button").evaluate((button) => button.click()), { noWaitAfter: true });

  const configuration = page.getByRole("region", { name: "Configuration" });
  await configuration.getByText("In force, without secrets").click();
  const text = await configuration.getByLabel("Configuration in force").innerText();
  assert.ok(text.includes("[[receiver]]"), text.slice(0, 400));
  assert.ok(!text.includes(stage.secret), "a secret is told");

  await page.route(path("config"), problem(500, "it is broken"));
  await page.route(path("receivers"), problem(403, "not for <you>\u202e"));
  await go(page, "#/");
  await go(page, "#/system");
  await page.getByRole("region", { name: "Receivers" }).getByText("This is not allowed here").waitFor();
  await page.getByText("not for <you>‹U+202E›").waitFor();
  await configuration.getByText("This could not be had").waitFor();
  await page.getByRole("region", { name: "This machine" }).getByText("mcpvisor", { exact: true }).waitFor();
  await page.unroute(path("config"));
  await configuration.getByRole("button", { name: "Try again" }).click();
  await configuration.getByText("In force, without secrets").waitFor();

  await go(page, "#/server/there-is-no-such-server");
  await page.getByText("There is no such thing (any more)").first().waitFor();
  await go(page, "#/there-is-no-such-view");
  await page.getByText("There is no such page").waitFor();

  await page.route(path("history"), (route) => route.abort());
  await go(page, "#/heat");
  const gone = page.getByText("The daemon does not answer", { exact: true });
  await gone.waitFor();
  await page.unroute(path("history"));
  await page.getByRole("button", { name: "Try again" }).click();
  await gone.waitFor({ state: "detached" });
}
