// Signs this browser in by the secret in the URL's fragment, and shows what runs.
// The browser's own secret stays in localStorage, which is bound to this port, and is sent as a header.
"use strict";
const KEY = "mcpvisor.secret";
const find = (id) => document.getElementById(id);
const base = new URL(".", location.href);

function say(text) {
  find("message").textContent = text;
  find("message").hidden = !text;
}

async function signIn() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (!secret) return;
  // Out of the address bar and the history before anything else.
  history.replaceState(null, "", location.pathname);
  const answer = await fetch(new URL("api/sign-in", base), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  if (answer.ok) localStorage.setItem(KEY, (await answer.json()).secret);
  else say("This link has been used or is too old. `mcpvisor status --link` prints a new one.");
}

async function ask(path) {
  const secret = localStorage.getItem(KEY);
  const headers = secret ? { authorization: `Bearer ${secret}` } : {};
  const answer = await fetch(new URL(path, base), { headers });
  if (answer.status === 401) {
    localStorage.removeItem(KEY);
    throw new Error("This browser is not signed in. `mcpvisor status --link` prints a link that signs it in.");
  }
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
  return answer.json();
}

function bytes(value) {
  if (value === null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) { value /= 1024; at += 1; }
  return `${value.toPrecision(3)} ${units[at]}`;
}

function cell(text, name) {
  const made = document.createElement("td");
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function show(answer) {
  const totals = answer.summary.totals;
  const worst = answer.summary.findings;
  const pairs = [
    ["Servers", answer.summary.servers],
    ["Processes", totals.processes],
    ["CPU", totals.cpu_percent === null ? "–" : `${totals.cpu_percent} %`],
    ["Memory", bytes(totals.pss_bytes ?? totals.rss_bytes)],
    ["Findings", worst.warning + worst.error + worst.critical],
  ];
  find("totals").replaceChildren(...pairs.map(([name, value]) => {
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = name;
    detail.textContent = value;
    pair.append(term, detail);
    return pair;
  }));
  const running = answer.servers.filter((server) => server.instances.length > 0);
  find("rows").replaceChildren(...running.map((server) => {
    const row = document.createElement("tr");
    const sums = server.totals;
    row.append(
      cell(server.name), cell(server.owner.name), cell(server.state),
      cell(sums.processes, "n"), cell(sums.cpu_percent ?? "–", "n"),
      cell(bytes(sums.pss_bytes), "n"), cell(bytes(sums.rss_bytes), "n"),
    );
    return row;
  }));
  find("state").textContent = answer.level;
  find("state").className = answer.level;
  find("servers").hidden = false;
}

async function refresh() {
  try {
    show(await ask("api/v1/servers"));
    say("");
  } catch (error) {
    find("state").textContent = "no data";
    find("state").className = "";
    say(error.message);
  }
}

signIn().then(refresh).then(() => setInterval(refresh, 5000));
