// What the test has prepared: addresses, names and places, as JSON in the variable STAGE; and cues, by which a
// scenario asks the test to do what only it may do: start and end processes, and look at the machine.
import { createInterface } from "node:readline";

export const stage = JSON.parse(process.env.STAGE ?? "{}");

const answers = createInterface({ input: process.stdin });
const waiting = [];
answers.on("line", (line) => waiting.shift()?.(JSON.parse(line)));

/** Gives a cue and waits until the test has done it; answers with what it says. */
export function cue(name, detail = null) {
  return new Promise((answer) => {
    waiting.push(answer);
    process.stdout.write(`${JSON.stringify({ cue: name, detail })}\n`);
  });
}

/** No more cues: lets the program end. */
export const noMoreCues = () => answers.close();
