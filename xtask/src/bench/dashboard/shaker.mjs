// Stands between the browser and the daemon. Idle servers would show the same figures each second, so it shakes those
// of every server in every snapshot; and it can answer one question for a history with many points.
import { createServer, request } from "node:http";

/** Processor time and memory of a server, moved by up to a tenth, as servers at work move. */
function shake({ totals }) {
  const by = 0.9 + Math.random() * 0.2;
  totals.cpu_percent = Math.random() * 5;
  for (const name of ["rss_bytes", "pss_bytes"]) if (totals[name]) totals[name] = Math.round(totals[name] * by);
}

/** A line of a stream; data of snapshots are those with servers. */
function shaken(line) {
  if (!line.startsWith("data:") || !line.includes('"servers"')) return line;
  const data = JSON.parse(line.slice(5));
  data.servers.forEach(shake);
  return `data: ${JSON.stringify(data)}`;
}

/** One series of an answer, with so many points up to now. */
function filled(text, count) {
  const answer = JSON.parse(text);
  const series = answer.series.find(({ metric }) => metric.endsWith("_resident_memory_bytes"));
  const end = Date.parse(answer.to) / 1000;
  const apart = (end - Date.parse(answer.from) / 1000) / count;
  let value = 1e8;
  series.columns = {
    at: Array.from({ length: count }, (_, place) => Math.round((end - (count - 1 - place) * apart) * 1000) / 1000),
    value: Array.from({ length: count }, () => (value += (Math.random() - 0.5) * 1e6)),
    gaps: [],
  };
  return JSON.stringify({ ...answer, series: [series] });
}

/** Starts it in front of a daemon. `pointsOnce` is a number of points for the next question. */
export async function shaker(target) {
  const { hostname, port } = new URL(target);
  const state = { pointsOnce: 0 };
  const server = createServer((asked, answer) => {
    const isStream = asked.url.startsWith("/api/v1/events");
    const points = /\/servers\/[^/]+\/history/.test(asked.url) ? state.pointsOnce : 0;
    const headers = { ...asked.headers, host: `${hostname}:${port}` };
    if (headers.origin) headers.origin = target;
    if (isStream || points) headers["accept-encoding"] = "identity";
    const passed = request({ hostname, port, path: asked.url, method: asked.method, headers }, (got) => {
      const changed = { ...got.headers };
      if (points) delete changed["content-length"];
      answer.writeHead(got.statusCode, changed);
      answer.flushHeaders();
      if (!isStream && !points) return void got.pipe(answer);
      got.setEncoding("utf8");
      let text = "";
      got.on("data", (part) => {
        text += part;
        if (points) return;
        const lines = text.split("\n");
        text = lines.pop();
        for (const line of lines) answer.write(`${shaken(line)}\n`);
      });
      got.on("end", () => {
        if (points) state.pointsOnce = 0;
        answer.end(points ? filled(text, points) : text);
      });
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { state, address: `http://127.0.0.1:${server.address().port}`, close: () => { server.close(); server.closeAllConnections(); } };
}
