// Who is told of alerts, and whether that arrives; a test can be sent to each.
import { api } from "../api/client";
import { visible } from "../format/text";
import { toast } from "../kit/toasts";
import { Ago, Badge, Empty, Panel } from "../kit/ui";
import { useLoad } from "../store/load";
import { Act, Answer, Grid } from "./pieces";

export function ReceiversPanel() {
  const answer = useLoad(() => api.receivers(), [], 5_000);
  const test = async (name: string): Promise<void> => {
    const { delivered, answer: said } = await api.testReceiver(name);
    toast(`${visible(name)}: ${delivered ? "the test arrived" : "the test did not arrive"}; ${said}`, delivered ? "good" : "bad");
    answer.again();
  };
  return (
    <Panel title="Receivers" flush label="Receivers">
      <Answer of={answer}>{({ receivers }) => receivers.length === 0
        ? <Empty title="Nobody is told of alerts"><p>Add a <code>[[receiver]]</code> to the configuration.</p></Empty>
        : <Grid label="Receivers" heads={["Receiver", "State", "Arrived", "Last", "Given up", ""]} rows={receivers.map((receiver) => [
          <><b>{visible(receiver.name)}</b> <span class="muted">{visible(receiver.kind)}</span></>,
          receiver.failure
            ? <><Badge hue="red">fails</Badge> <span class="small muted">{visible(receiver.failure)}{receiver.failed_at && <>, <Ago at={receiver.failed_at} /></>}; {receiver.waiting} waiting, {receiver.retried} tries failed</span></>
            : receiver.waiting > 0 ? <Badge hue="yellow">{receiver.waiting} waiting</Badge> : <Badge hue="green">well</Badge>,
          receiver.delivered, receiver.delivered_at ? <Ago at={receiver.delivered_at} /> : "never", receiver.dropped,
          <Act run={() => test(receiver.name)} title="Sends one notice that says that it is a test">Send a test</Act>,
        ])} />}</Answer>
    </Panel>
  );
}
