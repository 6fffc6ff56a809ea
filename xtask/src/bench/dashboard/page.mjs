// Measures the dashboard in a browser that `bench dashboard` has started: what comes, how soon it is painted, frames
// while scrolling, a chart of many points, and memory. Processor time is counted by the caller, at a cue.
import { installed, PATIENCE } from "../../../../crates/mcpvisor/tests/browser/kit/browser.mjs";
import { cue, noMoreCues, stage } from "../../../../crates/mcpvisor/tests/browser/kit/stage.mjs";
import { shaker } from "./shaker.mjs";

const { chromium } = installed("playwright-core");
const ROW = 'table[aria-label="Servers"] tbody tr[data-id]';
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const viewport = { width: 1280, height: 900 };

const between = await shaker(stage.daemon);
if (stage.hold) {
  await cue("hold", { link: `${between.address}/${stage.fragment}` });
  process.exit();
}
const browser = await chromium.connectOverCDP(stage.browser);
const first = await browser.newContext({ viewport });
first.setDefaultTimeout(PATIENCE);
const page = await first.newPage();

/** Signs in, and adds up what had to come. */
async function bytes() {
  const files = [];
  page.on("response", (response) => {
    if (/\.(js|css)$/.test(new URL(response.url()).pathname)) files.push(response);
  });
  await page.goto(`${between.address}/${stage.fragment}`);
  await page.locator(ROW).first().waitFor();
  let sum = 0;
  for (const response of files) sum += Number(await response.headerValue("content-length"));
  return sum;
}

/** From the navigation to the paint that has servers in the table; nothing is in the browser's cache. The window is
 * there before, as somebody's browser is. */
async function paint() {
  const context = await browser.newContext({ viewport, storageState: await first.storageState() });
  const fresh = await context.newPage();
  await fresh.addInitScript((row) => {
    const look = () => requestAnimationFrame(() => {
      // A message comes after the frame has been painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        if (!document.querySelector(row)) return look();
        globalThis.usefulAt = performance.now();
      };
      port2.postMessage(null);
    });
    look();
  }, ROW);
  await pause(1);
  await fresh.goto(`${between.address}/`);
  const at = await fresh.waitForFunction(() => globalThis.usefulAt);
  const useful = await at.jsonValue();
  const contentful = await fresh.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  await context.close();
  return { useful, contentful };
}

/** Frames while somebody turns the wheel up and down over the table. */
async function scroll(seconds) {
  await page.evaluate(() => {
    const seen = (globalThis.seen = { gaps: [], tasks: [], places: new Set(), on: true });
    let last;
    const next = (now) => {
      if (last !== undefined) seen.gaps.push(now - last);
      last = now;
      seen.places.add(Math.round(document.getElementById("main").scrollTop));
      if (seen.on) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  });
  await page.mouse.move(700, 600);
  const end = Date.now() + seconds * 1000;
  for (let turn = 0; Date.now() < end; turn += 1) {
    await page.mouse.wheel(0, turn % 60 < 30 ? 300 : -300);
    await pause(0.03);
  }
  return page.evaluate(() => {
    const { gaps, tasks, places } = globalThis.seen;
    globalThis.seen.on = false;
    gaps.sort((left, right) => left - right);
    return { frames: gaps.length, median: gaps[gaps.length >> 1], p99: gaps[Math.floor(gaps.length * 0.99)], longest: gaps.at(-1), longestTask: Math.max(0, ...tasks), places: places.size };
  });
}

/** From the parsed answer to the last line on the canvas. */
async function chart(points) {
  const context = await browser.newContext({ viewport, storageState: await first.storageState() });
  const fresh = await context.newPage();
  await fresh.addInitScript((least) => {
    const parse = Response.prototype.json;
    Response.prototype.json = async function json() {
      const answer = await parse.call(this);
      if (answer?.series?.some?.((series) => series.columns?.at.length >= least)) globalThis.parsedAt = performance.now();
      return answer;
    };
    const stroke = CanvasRenderingContext2D.prototype.stroke;
    CanvasRenderingContext2D.prototype.stroke = function stroked(...of) {
      stroke.apply(this, of);
      if (globalThis.parsedAt !== undefined) globalThis.strokedAt ??= [];
      globalThis.strokedAt?.push(performance.now());
    };
  }, points);
  await fresh.goto(`${between.address}/`);
  const href = await fresh.locator(`${ROW} a`).first().getAttribute("href");
  between.state.pointsOnce = points;
  await fresh.evaluate((to) => { location.hash = to; }, href);
  await fresh.waitForFunction(() => globalThis.strokedAt);
  // The strokes of one drawing follow each other within one task.
  const took = await fresh.evaluate(() => {
    const [one, ...more] = globalThis.strokedAt;
    const last = more.reduce((before, at) => (at - before < 50 ? at : before), one);
    return last - globalThis.parsedAt;
  });
  await context.close();
  return took;
}

/** Bytes of live JavaScript objects, and nodes, over a time. */
async function memory(seconds, every) {
  const session = await first.newCDPSession(page);
  await session.send("HeapProfiler.enable");
  const readings = [];
  const begin = Date.now();
  for (;;) {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    const { nodes } = await session.send("Memory.getDOMCounters");
    const at = (Date.now() - begin) / 1000;
    readings.push({ at, bytes: usedSize, nodes });
    if (at >= seconds) return readings;
    await pause(Math.min(every, seconds - at + 0.1));
  }
}

const figures = { bytes: await bytes() };
await pause(stage.settle);
figures.rows = await page.evaluate((row) => Number(document.querySelector(row).closest("tbody").dataset.rows), ROW);
figures.paints = [];
for (let round = 0; round < stage.rounds; round += 1) figures.paints.push(await paint());
figures.charts = [];
for (let round = 0; round < stage.rounds; round += 1) figures.charts.push(await chart(stage.points));
// The windows of before may have left it in the background, where it would be slowed down.
await page.bringToFront();
figures.cost = await cue("cost", { seconds: stage.seconds });
figures.scroll = await scroll(stage.seconds);
figures.memory = await memory(stage.memory, stage.memory / 60 > 10 ? stage.memory / 60 : 5);
await cue("figures", figures);
await browser.close();
between.close();
noMoreCues();
