// Alerts: what fires and what is about to, what was, who is not told for now, and the rules behind it.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type * as Schema from "../api/schema";
import { visible, words } from "../format/text";
import { plural } from "../format/units";
import { confirm } from "../kit/dialog";
import { Badge, bySeverity, Empty, Panel, Segments, When, type Hue } from "../kit/ui";
import { SilenceDialog } from "../parts/alert_actions";
import { AlertRow } from "../parts/alert_row";
import { Timeline } from "../parts/alert_timeline";
import { Act, Answer, Grid, Long, NotYet } from "../parts/pieces";
import { setQuery, useRoute } from "../router";
import { live, refresh } from "../store/live";
import { useLoad, type Loaded } from "../store/load";
import { useStore } from "../store/store";

const tabs = [["now", "Now"], ["history", "History"], ["silences", "Silences"], ["rules", "Rules"]] as const;
type Tab = (typeof tabs)[number][0];
const spans = [["21600", "6 h"], ["86400", "24 h"], ["604800", "7 d"], ["2592000", "30 d"]] as const;

export default function Alerts() {
  const asked = useRoute().query.get("tab");
  const tab: Tab = tabs.find(([name]) => name === asked)?.[0] ?? "now";
  const [span, setSpan] = useState("86400");
  const active = useStore(live, (value) => value.alerts);
  const firing = active?.filter(({ state }) => state === "firing").map(({ id }) => id).join() ?? "";
  // What is over is asked for again whenever something began or ended.
  const past = useLoad((signal) => api.alerts({ state: "resolved", limit: 1000 }, signal), [firing]);
  const rules = useLoad(() => api.rules(), [firing]);
  const silences = useLoad(() => api.silences(), [], 30_000);
  const ruleOf = (name: string): Schema.RuleReport | undefined => rules.data?.rules.find((rule) => rule.name === name);
  const list = (all: readonly Schema.Alert[]) => <Long all={all} row={(alert) => <AlertRow key={alert.id} alert={alert} rule={ruleOf(alert.rule)} silenced={silences.again} />} />;
  return (
    <div class="stack">
      <h1 class="hidden">Alerts</h1>
      <Panel title="Timeline" flush label="Timeline" aside={<Segments label="Time" value={span} choices={spans} choose={(to: string) => setSpan(to)} />}>
        <Timeline alerts={[...(active ?? []), ...(past.data?.alerts ?? [])]} seconds={Number(span)} />
      </Panel>
      <Panel title="Alerts" flush label="Alerts" aside={<Segments label="Which alerts" value={tab} choices={tabs} choose={(to: Tab) => setQuery({ tab: to })} />}>
        {tab === "now" && <Now active={active} list={list} />}
        {tab === "history" && <Answer of={past}>{({ alerts }) => (alerts.length === 0 ? <Empty title="No alert is over yet" /> : list(alerts))}</Answer>}
        {tab === "silences" && <Silences silences={silences} />}
        {tab === "rules" && <Answer of={rules}>{(data) => <Rules rules={data.rules} />}</Answer>}
      </Panel>
    </div>
  );
}

function Now({ active, list }: { active: readonly Schema.Alert[] | undefined; list(all: readonly Schema.Alert[]): ComponentChildren }) {
  if (active === undefined) return <NotYet />;
  if (active.length === 0) return <Empty title="No alert fires"><p>Nothing is out of the bounds of the rules.</p></Empty>;
  return <>{list([...active].sort((left, right) => Number(left.state !== "firing") - Number(right.state !== "firing") || bySeverity[left.severity] - bySeverity[right.severity]))}</>;
}

const silenceHues: Record<string, Hue> = { active: "accent", pending: "yellow", expired: "grey" };

function Silences({ silences }: { silences: Loaded<Schema.Silences> }) {
  const [asks, setAsks] = useState(false);
  const end = async (silence: Schema.SilenceReport): Promise<void> => {
    const body = <p>Receivers are told again of {silence.alerts > 0 ? `the ${plural(silence.alerts, "alert")} that it keeps from them` : "alerts that satisfy its conditions"}.</p>;
    if (!(await confirm({ title: "End this silence?", body, action: "End silence" }))) return;
    await api.endSilence(silence.id);
    refresh("alerts");
    silences.again();
  };
  return (
    <Answer of={silences}>{(data) => (
      <>
        {data.silences.length === 0 ? <Empty title="Nothing is silenced"><p>A silence keeps alerts from receivers for a while.</p></Empty> : (
          <Grid label="Silences" heads={["State", "Conditions", "Comment", "By", "Ends", ""]} rows={data.silences.map((silence) => [
            <Badge hue={silenceHues[silence.state] ?? "grey"}>{silence.state}</Badge>,
            <code>{visible(silence.matchers.join(", "))}</code>, visible(silence.comment), visible(silence.created_by), <When at={silence.ends_at} />,
            silence.state !== "expired" && <Act run={() => end(silence)}>End</Act>,
          ])} />
        )}
        <p style={{ padding: "10px 14px" }}><button class="button" onClick={() => setAsks(true)}>New silence …</button></p>
        {asks && <SilenceDialog labels={{}} close={() => { setAsks(false); silences.again(); }} />}
      </>
    )}</Answer>
  );
}

const ruleHues: Record<string, Hue> = { firing: "red", pending: "yellow", inactive: "grey" };

function Rules({ rules }: { rules: readonly Schema.RuleReport[] }) {
  const order = Object.keys(ruleHues);
  const sorted = [...rules].sort((left, right) => order.indexOf(left.state) - order.indexOf(right.state) || left.name.localeCompare(right.name));
  return (
    <Grid label="Rules" heads={["State", "Rule", "Condition", "Metric"]} rows={sorted.map((rule) => [
      <Badge hue={ruleHues[rule.state] ?? "grey"}>{rule.state}</Badge>,
      <b title={visible(rule.why)}>{visible(rule.name)}</b>,
      <>{visible(rule.what)} <span class="muted">{visible(rule.condition)}</span></>,
      <><code>{visible(rule.metric)}</code> <span class="muted small">by {words(rule.scope)} {visible(rule.matchers.join(", "))}</span></>,
    ])} />
  );
}
