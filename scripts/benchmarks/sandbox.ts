// Messages per second that the network alone acknowledges, with checking off: so that it is never the bottleneck of a
// benchmark of something else.
import { join } from "node:path";
import { numberText, type Report, spreadOf, spreadText } from "./figures.ts";

type Measured = { acknowledged: number; perSecond: number; p50: number; p99: number; cpu: number };
type Round = Measured & { megabytes: number };

const sizes = [50, 300];
const rounds = 3;
const seconds = 4;
const inFlight = 4;

export async function measureSandbox(): Promise<Report> {
  const rows: string[][] = [];
  for (const sessions of sizes) {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(sessions));
    const spread = (of: (round: Round) => number, digits = 0) => spreadText(spreadOf(measured.map(of)), digits);
    rows.push([
      String(sessions),
      spread((round) => round.perSecond),
      spread((round) => round.p50, 1),
      spread((round) => round.p99, 1),
      spread((round) => round.megabytes),
    ]);
  }
  return {
    title: "Messages per second that the sandbox acknowledges",
    sentences: [
      `Ready-made stanzas over that many connections from a process of its own, ${inFlight} on the way on each, ${rounds} rounds of ${seconds} s: median (least–most). Target: ${numberText(5_000)} a second. Each message is answered with an ack and a receipt, and the receipt with an ack.`,
    ],
    tables: [{ columns: ["sessions", "messages/s", "p50 ms", "p99 ms", "resident MB"], rows }],
  };
}

async function measureRound(sessions: number): Promise<Round> {
  const server = Bun.spawn([process.execPath, join(import.meta.dir, "sandbox-server.ts"), String(sessions)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  try {
    const lines = linesOf(server.stdout);
    const place = JSON.parse((await lines.next()).value ?? "{}");
    const orders = JSON.stringify({ ...place, seconds, inFlight });
    const client = Bun.spawn([process.execPath, join(import.meta.dir, "sandbox-client.ts"), orders], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const measured: Measured = JSON.parse(await new Response(client.stdout).text());
    server.stdin.write("how large\n");
    server.stdin.flush();
    return { ...measured, megabytes: Number((await lines.next()).value) / 1e6 };
  } finally {
    server.kill();
    await server.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    const parts = text.split("\n");
    text = parts.pop() ?? "";
    yield* parts;
  }
}
