// Every series of a server as charts of one range, one cursor and the same marks. Those in which nothing moves are
// folded away.
import { useCallback, useMemo, useState } from "preact/hooks";
import type * as Schema from "../api/schema";
import { byUnit } from "../format/units";
import { Chart, type Mark } from "../kit/chart";
import { RangePicker, rangeOf, type Range } from "../kit/ranges";
import { align } from "../kit/series";
import { Empty, Failed, Loading, Panel } from "../kit/ui";
import { setQuery, useRoute } from "../router";
import { live } from "../store/live";
import { useStore } from "../store/store";
import { planned, type Plan } from "./catalogue";
import { useMarks, usePast, type Past } from "./server_past";
import { thresholdsOf } from "./thresholds";

const tiers: Record<string, string> = { raw: "samples", five_minutes: "five-minute means", hours: "hourly means" };

export function Charts({ server }: { server: Schema.ServerReport }) {
  const named = rangeOf(useRoute().query.get("range"));
  const [zoom, setZoom] = useState<Range["zoom"]>();
  const range: Range = useMemo(() => ({ name: named, zoom }), [named, zoom]);
  const { past, problem, again } = usePast(server.id, range);
  const marks = useMarks(server, past?.from);
  const rules = useStore(live, (value) => value.rules);
  const kept = useStore(live, (value) => value.kept.get(server.id));
  const plans = useMemo(() => planned(past?.series ?? []), [past]);
  const [showsQuiet, setShowsQuiet] = useState(false);
  const choose = (to: Range): void => {
    setZoom(to.zoom);
    setQuery({ range: to.name });
  };
  const zoomTo = useCallback((from: number, to: number) => to - from > 1 && setZoom({ from, to }), []);
  const unzoom = useCallback(() => setZoom(undefined), []);
  const quiet = plans.filter(({ isQuiet }) => isQuiet);
  const shown = showsQuiet ? plans : plans.filter(({ isQuiet }) => !isQuiet);
  const tier = past?.series[0]?.tier;
  return (
    <section class="stack" aria-label="Charts">
      <div class="row spread">
        <h2>History {tier && <span class="muted small" style={{ fontWeight: 400 }}>{tiers[tier] ?? tier}; drag to zoom, double click to go back</span>}</h2>
        <RangePicker range={range} choose={choose} />
      </div>
      {problem && !past ? <Failed problem={problem} again={again} />
        : !past ? <Loading what="Loading the history" />
        : plans.length === 0 ? <Panel title="History"><Empty title="Nothing was recorded in this time"><p>Choose a longer range.</p></Empty></Panel> : (
        <div class="charts">
          {shown.map((plan) => (
            <ServerChart key={plan.title} plan={plan} past={past} marks={marks} server={server} kept={kept} rules={rules}
              zoom={zoomTo} unzoom={unzoom} />
          ))}
        </div>
      )}
      {quiet.length > 0 && past && (
        <button class="button quiet" style={{ whiteSpace: "normal" }} onClick={() => setShowsQuiet(!showsQuiet)}>
          {showsQuiet ? "Hide charts in which nothing moves" : `Show ${quiet.length} more in which nothing moves: ${quiet.map(({ title }) => title.toLowerCase()).slice(0, 4).join(", ")} …`}
        </button>
      )}
    </section>
  );
}

type Props = {
  plan: Plan;
  past: Past;
  marks: readonly Mark[];
  server: Schema.ServerReport;
  kept: Schema.Kept | undefined;
  rules: readonly Schema.RuleReport[];
  zoom(from: number, to: number): void;
  unzoom(): void;
};

function ServerChart({ plan, past, marks, server, kept, rules, zoom, unzoom }: Props) {
  const data = useMemo(() => align(plan.series, plan.scale, plan.total, plan.isGrowth), [plan]);
  const format = useMemo(() => byUnit(plan.unit, plan.isRate), [plan.unit, plan.isRate]);
  const thresholds = useMemo(() => thresholdsOf(plan, rules, server, kept), [plan, rules, server.id, kept]);
  return (
    <div class="panel">
      <Chart data={data} from={past.from} to={past.to} format={format} title={plan.title} binary={plan.unit === "bytes"}
        thresholds={thresholds} marks={marks} group="server" zoom={zoom} unzoom={unzoom} />
    </div>
  );
}
