// What owners have run and cost over time, a line for each owner: leaks of clients show here first.
import { useMemo, useState } from "preact/hooks";
import { api, type Series } from "../api/client";
import { byUnit } from "../format/units";
import { Chart } from "../kit/chart";
import { cadenceOf, lengthOf, questionOf, RangePicker, rangeOf, type Range } from "../kit/ranges";
import { align } from "../kit/series";
import { Empty, Panel } from "../kit/ui";
import { setQuery, useRoute } from "../router";
import { now } from "../store/clock";
import { useLoad } from "../store/load";
import { Answer } from "./pieces";

const charts = [
  { title: "Instances", metric: "mcpvisor_owner_instances", unit: "" },
  { title: "Sessions", metric: "mcpvisor_owner_sessions", unit: "" },
  { title: "Memory", metric: "mcpvisor_owner_resident_memory_bytes", unit: "bytes" },
] as const;

/** Lines of a chart; more than that nobody tells apart. */
const MOST = 6;

const known = ({ columns: { mean, value } }: Series): (number | null)[] => mean ?? value;
const last = (series: Series): number => known(series).at(-1) ?? 0;
/** How much a series has grown since it first had anything. */
const grown = (series: Series): number => last(series) - (known(series).find(Boolean) ?? 0);

/** `tell` gets by how many instances each owner has grown within the range. */
export function OwnerCharts({ tell }: { tell(grown: ReadonlyMap<string, number>, range: string): void }) {
  const name = rangeOf(useRoute().query.get("range"));
  const [zoom, setZoom] = useState<Range["zoom"]>();
  const range: Range = { name, zoom };
  const past = useLoad(async (signal) => {
    const question = questionOf(range);
    const answers = await Promise.all(charts.map(({ metric }) => api.history({ metric, ...question }, signal)));
    tell(new Map(answers[0]?.series.map((series) => [series.labels["owner"] ?? "", grown(series)])), name);
    return { answers, to: zoom?.to ?? now() / 1000 };
  }, [name, zoom], cadenceOf(range));
  const choose = (to: Range): void => {
    setZoom(to.zoom);
    setQuery({ range: to.name });
  };
  return (
    <Panel title="Growth" label="Growth" aside={<RangePicker range={range} choose={choose} />}>
      <Answer of={past}>{({ answers, to }) => answers.every(({ series }) => series.length === 0)
        ? <Empty title="Nothing was recorded in this time"><p>Choose a longer range.</p></Empty>
        : (
          <div class="charts">
            {charts.map((chart, at) => (
              <OwnerChart key={chart.title} {...chart} all={answers[at]?.series ?? []} from={zoom?.from ?? to - lengthOf(range)} to={to} zoom={(from, end) => setZoom({ from, to: end })} unzoom={() => setZoom(undefined)} />
            ))}
          </div>
        )}</Answer>
    </Panel>
  );
}

function OwnerChart(props: { title: string; unit: string; all: readonly Series[]; from: number; to: number; zoom(from: number, to: number): void; unzoom(): void }) {
  const { title, unit, all } = props;
  const data = useMemo(() => align([...all].sort((left, right) => last(right) - last(left)).slice(0, MOST).map((series) => ({ label: series.labels["owner"] ?? "", series }))), [all]);
  const format = useMemo(() => byUnit(unit), [unit]);
  return <Chart data={data} from={props.from} to={props.to} format={format} title={all.length > MOST ? `${title}, the ${MOST} largest` : title} binary={unit === "bytes"} group="owners" zoom={props.zoom} unzoom={props.unzoom} />;
}
