// What comes from WhatsApp, recorded and read: rows of the inbox against the values they stand for.
import { expect, test } from "bun:test";
import { goldenOf, isRecording, loadGolden, saveGolden } from "./golden.ts";
import { made } from "./made.ts";
import { record, steps } from "./recording.ts";

if (isRecording) {
  await record((name, row) => saveGolden(name, goldenOf(row)));
  for (const [name, row] of Object.entries(made)) saveGolden(name, goldenOf(row));
}

const recorded = steps.map(([name]) => name);
const readAgain = (name: string) => {
  const golden = loadGolden(name);
  return { golden, row: Buffer.from(golden.row, "base64") };
};

test.each([...recorded, ...Object.keys(made)])("%s is read as it was looked through", (name) => {
  const { golden, row } = readAgain(name);
  expect(goldenOf({ ...golden, row })).toEqual(golden);
});

test.each(Object.keys(made))("%s is kept as it is made here", (name) => {
  expect(readAgain(name).row.equals(made[name]?.row ?? Buffer.alloc(0))).toBe(true);
});
