// What is wrong, with evidence and cost, and what can be removed.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { plural } from "../format/units";
import { bySeverity, Empty, Panel, Segments } from "../kit/ui";
import { CleanPlan } from "../parts/clean_plan";
import { CleanReport } from "../parts/clean_report";
import { FindingRow } from "../parts/finding_row";
import { Act, Long, NotYet } from "../parts/pieces";
import { live, refresh } from "../store/live";
import { useStore } from "../store/store";

export default function Findings() {
  const [report, setReport] = useState<Schema.CleanReport>();
  return (
    <div class="stack">
      <h1 class="hidden">Findings and cleaning</h1>
      {report && <CleanReport report={report} close={() => setReport(undefined)} />}
      <CleanPlan done={setReport} />
      <Found />
    </div>
  );
}

type Which = "all" | "bad";

function Found() {
  const all = useStore(live, (value) => value.findings);
  const unavailable = useStore(live, (value) => value.unavailable);
  const [which, setWhich] = useState<Which>("all");
  const sorted = [...(all ?? [])].sort((left, right) => bySeverity[left.severity] - bySeverity[right.severity]);
  const shown = sorted.filter(({ severity }) => which === "all" || severity !== "info");
  const look = async (): Promise<void> => {
    await api.servers(true);
    refresh("findings", "servers");
  };
  const aside = (
    <>
      <Segments label="Which findings" value={which} choices={[["all", `All ${sorted.length}`], ["bad", "Without info"]] as const} choose={(value: Which) => setWhich(value)} />
      <Act run={look} title="Looks at the machine at once">Look now</Act>
    </>
  );
  return (
    <Panel title="Findings" aside={aside} flush label="Findings">
      {all === undefined ? <NotYet />
        : shown.length === 0 ? <Empty title="Nothing was found"><p>No orphan, no duplicate, nothing hot or stopped. {unavailable.length > 0 && <>{plural(unavailable.length, "thing")} cannot be seen here: <a href="#/system">System</a> says what.</>}</p></Empty>
        : <Long all={shown} row={(finding) => <FindingRow key={finding.id} finding={finding} />} />}
    </Panel>
  );
}
