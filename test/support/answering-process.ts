// A process that is killed at any moment: people write one after the other, and a receiver that answers is told of it.
// Arguments: the data directory, and the number of the first word. It prints the number of each once it is on disk.
import { startAnsweringRig, write } from "./answering-rig.ts";
import { clockOfRig, openRigStore } from "./webhook-rig.ts";

const [dataDir = "", first = "0"] = process.argv.slice(2);
const clock = clockOfRig();
const store = await openRigStore(dataDir, clock);
const rig = await startAnsweringRig(store, clock);
for (let word = Number(first); ; word++) {
  await write(rig.store, clock, { by: word % 5, word: `word ${word}` });
  process.stdout.write(`${word}\n`);
}
