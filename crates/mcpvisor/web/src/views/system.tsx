// mcpvisor itself: what it can see here, what it costs, whether it keeps up, who is told, and what it goes by.
import type { ComponentChildren } from "preact";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { sentence, visible, words } from "../format/text";
import { bytes, count, duration, percent, type Figure } from "../format/units";
import { Ago, Badge, Empty, LevelDot, Num, Panel, When } from "../kit/ui";
import { Answer, Code, Fold, Grid } from "../parts/pieces";
import { ReceiversPanel } from "../parts/receivers_panel";
import { now } from "../store/clock";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";

export default function System() {
  const epoch = useStore(live, (value) => value.epoch);
  const status = useLoad(() => api.status(), [epoch], 3_000);
  return (
    <div class="stack">
      <h1 class="hidden">System</h1>
      <Answer of={status}>{(data) => <Own status={data} />}</Answer>
      <Unseen />
      <ReceiversPanel />
      <div class="two">
        <Answer of={status}>{(data) => <About status={data} />}</Answer>
        <Kept stats={status.data?.history} />
      </div>
      <Configuration error={status.data?.config_error} />
    </div>
  );
}

function Tile({ label, figure, rest, hue = "" }: { label: string; figure: Figure; rest: ComponentChildren; hue?: string }) {
  return <div class="tile"><span class="label">{label}</span><span class={`value ${hue}`}><Num figure={figure} /></span><span class="rest">{rest}</span></div>;
}

const over = (value: number | null | undefined, most: number): string => ((value ?? 0) > most ? "orange" : "");

/** Its own cost against its budget, and whether it keeps up. */
function Own({ status }: { status: Schema.Status }) {
  const { own, history, interval_seconds } = status;
  const lag = status.taken_at ? Math.max(0, (now() - Date.parse(status.taken_at)) / 1000) : null;
  return (
    <>
      <div class="tiles">
        <Tile label="Own CPU" figure={percent(own.cpu_percent)} rest={`budget ${percent(own.cpu_budget_percent).text}`} hue={over(own.cpu_percent, own.cpu_budget_percent)} />
        <Tile label="Own memory" figure={bytes(own.rss_bytes)} rest={`budget ${bytes(own.memory_budget_bytes).text}`} hue={over(own.rss_bytes, own.memory_budget_bytes)} />
        <Tile label="A look takes" figure={duration(status.look_seconds)} rest={`every ${duration(interval_seconds).text}`} hue={over(status.look_seconds, interval_seconds)} />
        <Tile label="Lag" figure={duration(lag === null ? null : Math.round(lag))} rest="since the last look" hue={over(lag, 2 * interval_seconds + 1)} />
        <Tile label="Looks" figure={count(status.looks)} rest={<>up <Ago at={status.started_at} suffix="" /></>} />
        <Tile label="History" figure={bytes(history?.bytes)} rest={history ? `of ${bytes(history.max_bytes).text}` : "cannot be read"} hue={history ? "" : "red"} />
        <Tile label="Listeners" figure={count(status.listeners)} rest="of live events" />
      </div>
      {own.shed && <p class="notice">Given up to stay within the budget: {visible(own.shed)}</p>}
    </>
  );
}

function Unseen() {
  const all = useStore(live, (value) => value.unavailable);
  const known = useStore(live, (value) => value.findings !== undefined);
  return (
    <Panel title="What cannot be seen here" flush label="What cannot be seen here">
      {all.length > 0 ? <Grid label="What cannot be seen" heads={["What", "Why", "Remedy"]} rows={all.map(({ what, why, remedy }) => [<b>{sentence(visible(what))}</b>, visible(why), visible(remedy) || "–"])} />
        : <Empty title={known ? "Everything can be seen" : "Not known yet"} />}
    </Panel>
  );
}

const Facts = ({ all }: { all: readonly (readonly [string, ComponentChildren])[] }) => <dl class="facts">{all.flatMap(([name, value]) => [<dt>{name}</dt>, <dd>{value}</dd>])}</dl>;

function About({ status }: { status: Schema.Status }) {
  const host = useStore(live, (value) => value.host);
  return (
    <Panel title="This machine" label="This machine">
      <Facts all={[
        ["Level", <><LevelDot level={status.level} /> {status.level}</>],
        ["mcpvisor", <>{status.version}, PID {status.pid}, started <When at={status.started_at} /></>],
        ["Address", <code>{visible(status.url)}</code>],
        ["State", <code>{visible(status.state_dir)}</code>],
        ["Host", host ? `${visible(host.name)}, kernel ${visible(host.kernel)}` : "–"],
        ["Size", host ? `${count(host.cpus).text} processors, ${bytes(host.memory_bytes).text}` : "–"],
        ["Watches", count(status.watches).text],
      ]} />
    </Panel>
  );
}

function Kept({ stats }: { stats: Schema.HistoryStats | null | undefined }) {
  if (!stats) return <Panel title="History" label="History"><Empty title={stats === null ? "The history cannot be read" : "Not known yet"} /></Panel>;
  return (
    <Panel title={<>History {stats.failing && <Badge hue="red">cannot be written</Badge>}</>} label="History">
      <Facts all={[
        ["Size", <><Num figure={bytes(stats.bytes)} /> of {bytes(stats.max_bytes).text}, {percent((stats.bytes / stats.max_bytes) * 100).text}</>],
        ["Reaches", stats.oldest && stats.newest ? <><When at={stats.oldest} /> to <When at={stats.newest} /></> : "nothing yet"],
        ["Series", <Num figure={count(stats.series)} />],
        ["Kept", Object.entries(stats.tiers).map(([tier, number]) => `${words(tier)} ${count(number).text}`).join(", ")],
        ["Events", <Num figure={count(stats.events)} />],
        ["Lost", <span class={stats.dropped + stats.damaged > 0 ? "orange" : ""}>{count(stats.dropped).text} samples, {count(stats.damaged).text} damaged pieces</span>],
        ...(stats.last_error ? [["Last failure", <span class="red">{visible(stats.last_error)}</span>] as const] : []),
      ]} />
    </Panel>
  );
}

function Configuration({ error }: { error: string | null | undefined }) {
  const answer = useLoad(() => api.config(), [error ?? ""]);
  return (
    <Panel title="Configuration" label="Configuration">
      <Answer of={answer}>{({ file, error: wrong, text }) => (
        <div class="stack">
          <p>{file ? <>The defaults, and what <code>{visible(file)}</code> changes.</> : <>The defaults; there is no file. <code>mcpvisor config init</code> writes one.</>}</p>
          {wrong && <p class="notice bad">The file as it is now is not in force: {visible(wrong)}</p>}
          <Fold title="In force, without secrets"><Code text={text} label="Configuration in force" /></Fold>
        </div>
      )}</Answer>
    </Panel>
  );
}
