// Heat maps: how available each server was by hour over weeks, and what it cost.
import { useMemo, useRef, useState } from "preact/hooks";
import { api } from "../api/client";
import { useKeys } from "../kit/keyboard";
import { usePalette } from "../kit/palette";
import { Empty, Panel, Segments } from "../kit/ui";
import { heat, measures, type Measure, type MeasureName } from "../parts/heat_data";
import { HeatMap, shade } from "../parts/heat_map";
import { Answer } from "../parts/pieces";
import { setQuery, useRoute } from "../router";
import { useLoad } from "../store/load";

const lengths = [["1", "1 d"], ["3", "3 d"], ["7", "7 d"], ["14", "14 d"], ["28", "28 d"]] as const;
const choices = (Object.keys(measures) as MeasureName[]).map((name) => [name, measures[name].title] as const);
/** Servers that are drawn; the search reaches the others. */
const MOST = 300;

export default function HeatView() {
  const { query } = useRoute();
  const name = choices.find(([each]) => each === query.get("of"))?.[0] ?? "up";
  const days = lengths.find(([each]) => each === query.get("days"))?.[0] ?? "7";
  const [text, setText] = useState("");
  const search = useRef<HTMLInputElement>(null);
  useKeys([{ key: "/", help: "Search servers", run: () => search.current?.focus() }]);
  const measure: Measure = measures[name];
  const isUp = name === "up";
  const past = useLoad((signal) => api.history({ metric: measure.metric, from: `-${days}d`, step: "1h" }, signal), [name, days], 300_000);
  const whole = useMemo(() => past.data && heat(past.data, measure, Number(days) * 24, isUp), [past.data]);
  const shown = useMemo(() => {
    const matching = whole?.rows.filter(({ server, owner }) => `${server} ${owner}`.toLowerCase().includes(text.toLowerCase())) ?? [];
    return whole && { ...whole, rows: matching.slice(0, MOST), left: matching.length - MOST };
  }, [whole, text]);
  const aside = (
    <>
      <input ref={search} class="input search" type="search" placeholder="Search  /" aria-label="Search servers" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <Segments label="What" value={name} choices={choices} choose={(of: MeasureName) => setQuery({ of })} />
      <Segments label="Days" value={days} choices={lengths} choose={(to: string) => setQuery({ days: to })} />
    </>
  );
  return (
    <div class="stack">
      <h1 class="hidden">Heat map</h1>
      <Panel title={`${measure.title} by hour`} aside={aside} label="Heat map">
        <Answer of={past}>{() => !shown || shown.rows.length === 0
          ? <Empty title={text ? "No server matches" : "Nothing was recorded in this time"}><p>{text ? "" : "The history fills while the daemon runs; the first hours are there at once."}</p></Empty>
          : (
            <>
              <Scale most={shown.most} isUp={isUp} measure={measure} />
              <HeatMap heat={shown} measure={measure} isUp={isUp} />
              {shown.left > 0 && <p class="muted small">{shown.left} more servers: search for them.</p>}
              {shown.truncated && <p class="notice">There is more than one answer may hold: the last days are missing. Choose fewer days.</p>}
            </>
          )}</Answer>
      </Panel>
    </div>
  );
}

function Scale({ most, isUp, measure }: { most: number; isUp: boolean; measure: Measure }) {
  const palette = usePalette();
  const steps = isUp ? [1, 0.97, 0.7, 0.2, 0] : [0, 0.1, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  const labels = ["99.9 % and more", "from 95 %", "from 50 %", "less", "never"];
  return (
    <div class="row scale" aria-hidden="true">
      {steps.map((value, at) => {
        const [ink, alpha] = shade(value, most, isUp, palette);
        return <span class="scale" key={at}><i style={{ background: `color-mix(in srgb, ${ink} ${alpha * 100}%, transparent)` }} />{isUp ? labels[at] : measure.format(value).text}</span>;
      })}
      <span class="scale">– not known</span>
    </div>
  );
}
