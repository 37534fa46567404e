// A process that is killed at any moment: its people say things one after the other, and a webhook is told of them.
// Arguments: the data directory, and the number of the first word. It prints the number of each once it is on disk.
import { clockOfRig, openRigStore, say, startRig } from "./webhook-rig.ts";

const [dataDir = "", first = "0"] = process.argv.slice(2);
const clock = clockOfRig();
const store = await openRigStore(dataDir, clock);
const rig = await startRig(store, clock);
for (let word = Number(first); ; word++) {
  await say(rig.store, clock, [{ group: word % 5, text: `word ${word}` }]);
  process.stdout.write(`${word}\n`);
}
