// Containers of MCP servers, what is limited where, and what the policy does.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { visible } from "../format/text";
import { count } from "../format/units";
import { Ago, Badge, Empty, Num, Panel, Segments, type Hue } from "../kit/ui";
import { ContainerRow } from "../parts/container_row";
import { FindingRow } from "../parts/finding_row";
import { LimitsPanel } from "../parts/limits_panel";
import { Act, Answer, Grid, Lines, Long } from "../parts/pieces";
import { PolicyPanel } from "../parts/policy_panel";
import { live } from "../store/live";
import { useLoad } from "../store/load";
import { useStore } from "../store/store";

type Which = "mcp" | "all";
const engines: Record<string, Hue> = { up: "green", connecting: "accent", hangs: "orange", down: "red", refused: "red" };
/** Worst first: what nobody uses is what to look at. */
const order = ["orphan", "waiting", "unknown", "served", "kept", "not_running"];

export default function Containers() {
  const [which, setWhich] = useState<Which>("mcp");
  const epoch = useStore(live, (value) => value.epoch);
  const findings = useStore(live, (value) => value.findings);
  const answer = useLoad(() => api.containers({ all: which === "all" || undefined }), [which, epoch], 5_000);
  const about = findings?.filter(({ kind }) => kind.startsWith("container_")) ?? [];
  const look = async (): Promise<void> => {
    await api.containers({ fresh: true });
    answer.again();
  };
  const aside = (
    <>
      <Segments label="Which containers" value={which} choices={[["mcp", "MCP servers"], ["all", "All"]] as const} choose={(to: Which) => setWhich(to)} />
      <Act run={look}>Look now</Act>
    </>
  );
  return (
    <div class="stack">
      <h1 class="hidden">Containers and limits</h1>
      <Panel title="Containers" aside={aside} flush label="Containers">
        <Answer of={answer}>{({ engines: all, containers, notes }) => (
          <>
            {all.length > 0 && (
              <Grid label="Engines" heads={["Engine", "State", "Containers", "Looked at", "Problems"]} rows={all.map((engine) => [
                <><b>{engine.kind ?? "engine"}</b> {engine.version ?? ""} <span class="muted">{visible(engine.socket)}</span></>,
                <Badge hue={engines[engine.state] ?? "grey"}>{engine.state}</Badge>, <Num figure={count(engine.containers)} />,
                engine.taken_at ? <Ago at={engine.taken_at} /> : "–",
                <Lines all={[engine.why ?? "", ...engine.problems, engine.not_inspected > 0 ? `${engine.not_inspected} could not be inspected` : ""].filter(Boolean)} />,
              ])} />
            )}
            {containers.length === 0
              ? <Empty title={all.length === 0 ? "No container engine" : which === "all" ? "No containers" : "No container of an MCP server"}><Lines all={notes} /></Empty>
              : <Long all={[...containers].sort((left, right) => order.indexOf(left.verdict.verdict) - order.indexOf(right.verdict.verdict) || left.name.localeCompare(right.name))} row={(container) => <ContainerRow key={container.id} container={container} />} />}
          </>
        )}</Answer>
      </Panel>
      {about.length > 0 && (
        <Panel title="Left over and not well" aside={<a class="button" href="#/findings">Clean …</a>} flush label="Findings about containers">
          <Long all={about} row={(finding) => <FindingRow key={finding.id} finding={finding} />} />
        </Panel>
      )}
      <LimitsPanel containers={answer.data?.containers ?? []} />
      <PolicyPanel />
    </div>
  );
}
