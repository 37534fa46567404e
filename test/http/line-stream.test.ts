// Text that is made while it is read.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { lineStream } from "../../src/http/line-stream.ts";
import { until } from "../support/until.ts";

const page = "x".repeat(200_000);

function serve(over: AbortSignal) {
  const made = { pages: 0, isEnded: false };
  async function* pages() {
    try {
      for (; made.pages < 1_000; made.pages++) yield page;
    } finally {
      made.isEnded = true;
    }
  }
  const server = Bun.serve({ port: 0, development: false, fetch: () => new Response(lineStream(pages(), over)) });
  return { made, server, [Symbol.dispose]: () => void server.stop(true) };
}

test("a reader who does not read is waited for, and once they are gone nothing more is made", async () => {
  using served = serve(new AbortController().signal);
  const { made, server } = served;
  const socket = connect(server.port ?? 0, "127.0.0.1");
  let read = 0;
  socket.on("data", (bytes) => {
    read += bytes.length;
    if (read > 1_000_000) socket.pause();
  });
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until("a million bytes", () => read > 1_000_000);
  let before = -1;
  await until("it to stand still", async () => {
    const isStill = made.pages === before;
    before = made.pages;
    await Bun.sleep(200);
    return isStill;
  });
  expect(made.pages).toBeLessThan(100);
  socket.destroy();
  await until("its end", () => made.isEnded);
  expect(made.pages).toBeLessThan(100);
});

test("one that is broken off does not look whole", async () => {
  const over = new AbortController();
  using served = serve(over.signal);
  const answer = await fetch(`http://127.0.0.1:${served.server.port}/`);
  const reader = answer.body!.getReader();
  await reader.read();
  over.abort();
  const rest = async () => {
    for (;;) if ((await reader.read()).done) return "whole";
  };
  expect(await rest().catch(() => "cut off")).toBe("cut off");
  await until("its end", () => served.made.isEnded);
});
