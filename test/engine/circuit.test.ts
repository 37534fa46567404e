// When nothing of somebody can be read: when it is given up, for how long, and how often the log hears of it.
import { expect, test } from "bun:test";
import { minute } from "../../src/core/clock.ts";
import { createCircuit } from "../../src/engine/signal/circuit.ts";
import { createLogging } from "../../src/logging.ts";
import { createTestClock } from "../support/clock.ts";

const peer = "99_1.0";

function openCircuit() {
  const clock = createTestClock();
  const lines: { level: string; message: string; address: string; times: number }[] = [];
  const { log } = createLogging({
    level: "debug",
    format: "json",
    write: (line) => void lines.push(JSON.parse(line)),
    clock,
  });
  return { clock, lines, circuit: createCircuit({ clock, log }) };
}

test("twelve in a row that cannot be read open it, once, and the sessions are given up then", () => {
  const { circuit } = openCircuit();
  const opened = Array.from({ length: 12 }, () => circuit.failed(peer, "forged"));
  expect(opened).toEqual([...Array.from({ length: 11 }, () => false), true]);
  expect(circuit.isOpen(peer)).toBe(true);
  expect(circuit.isOpen("98_1.0")).toBe(false);
});

test("one that can be read in between makes up for all before it", () => {
  const { circuit } = openCircuit();
  for (let turn = 0; turn < 50; turn++) {
    expect(circuit.failed(peer, "forged")).toBe(false);
    if (turn % 11 === 10) circuit.succeeded(peer);
  }
  expect(circuit.isOpen(peer)).toBe(false);
});

test("after a minute it is tried again; another twelve, and it opens again", () => {
  const { clock, circuit } = openCircuit();
  for (let turn = 0; turn < 12; turn++) circuit.failed(peer, "no_session");
  clock.advance(minute - 1);
  expect(circuit.isOpen(peer)).toBe(true);
  clock.advance(1);
  expect(circuit.isOpen(peer)).toBe(false);
  const again = Array.from({ length: 12 }, () => circuit.failed(peer, "no_session"));
  expect(again.filter(Boolean)).toHaveLength(1);
  expect(circuit.isOpen(peer)).toBe(true);
});

test("what fails while it is open opens it no further, and is counted", () => {
  const { clock, lines, circuit } = openCircuit();
  for (let turn = 0; turn < 12; turn++) circuit.failed(peer, "forged");
  const meanwhile = Array.from({ length: 100 }, () => circuit.failed(peer, "no_pre_key"));
  expect(meanwhile).not.toContain(true);
  expect(lines.map(({ times }) => times)).toEqual([1, 10, 12, 100]);
  clock.advance(minute);
  expect(circuit.isOpen(peer)).toBe(false);
  expect(circuit.failed(peer, "forged")).toBe(false);
});

test("the log hears of the first, the tenth, the hundredth, and of each opening, with a count", () => {
  const { clock, lines, circuit } = openCircuit();
  for (let turn = 1; turn <= 120; turn++) {
    circuit.failed(peer, "forged");
    clock.advance(2 * minute);
  }
  const told = (message: RegExp) => lines.filter((line) => message.test(line.message)).map(({ times }) => times);
  expect(told(/could not be decrypted/)).toEqual([1, 10, 100]);
  expect(told(/begin anew/)).toEqual([12, 24, 36, 48, 60, 72, 84, 96, 108, 120]);
  expect(new Set(lines.map(({ level, address }) => `${level} ${address}`))).toEqual(new Set([`warn ${peer}`]));
});

test("a flood of strangers does not make it grow for ever", () => {
  const { circuit } = openCircuit();
  for (let turn = 0; turn < 11; turn++) circuit.failed(peer, "forged");
  for (let stranger = 0; stranger < 1_000; stranger++) circuit.failed(`${stranger}.0`, "forged");
  // Forgotten with all the others, so it takes twelve again.
  expect(circuit.failed(peer, "forged")).toBe(false);
});
