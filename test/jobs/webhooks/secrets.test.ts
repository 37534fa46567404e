// What receivers say back of what they were sent is kept, and no secret with it, in whatever form it is said.
import { expect, test } from "bun:test";
import { createFolder } from "../../support/folder.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import { addWebhook, clockOfRig, fillRig, openRigStore, say, startRig } from "../../support/webhook-rig.ts";

const secret = 'a "quoted" \\ secret of ünïcödé';
const token = "of-the-shop-3f9a";
const keptBytes = 16 * 1_024;

/** All that the log keeps of the one attempt at a receiver that answers so. */
async function keptOf(answer: (sent: Record<string, unknown>) => { body: string; headers?: Record<string, string> }) {
  using folder = createFolder();
  await using host = await startHttpHost((response, { headers }) => {
    const told = answer(headers);
    response.writeHead(200, told.headers ?? {}).end(told.body);
  });
  const clock = clockOfRig();
  const store = await openRigStore(folder.path, clock);
  await fillRig(store, clock);
  const cell = "the cell";
  const seal = (column: string, text: string) =>
    store.sealer.seal(Buffer.from(text), { table: "webhooks", column, row: cell });
  await using _rig = await startRig(store, clock);
  const headers = seal("headers", JSON.stringify({ Authorization: `Bearer ${token}` }));
  const url = `http://127.0.0.1:${host.port}/`;
  const webhookId = await addWebhook(store, { url, cell, secret: seal("secret", secret), headers });
  await say(store, clock, [{ group: 1, text: "hello" }]);
  const delivered = await until(
    "its delivery",
    async () => (await store.deliveryLog.list({ webhookId, states: ["delivered"] }, null, 1))[0],
  );
  const [attempt] = await store.deliveryLog.attemptsInFull(delivered.id);
  const sent = host.received[0]!.headers;
  return { body: attempt!.body!.toString(), bytes: attempt!.body!.length, headers: attempt!.headers!, sent };
}

test("as it is, within JSON, in headers, and a token without the word before it", async () => {
  const { body, headers, sent } = await keptOf((got) => ({
    body: `${secret} | ${JSON.stringify({ secret, token, ...got })}`,
    headers: { "x-token": token, "x-signed": String(got["webhook-signature"]), "set-cookie": "visitor=1" },
  }));
  expect(sent.authorization).toBe(`Bearer ${token}`);
  const signatures = ["webhook-signature", "x-botwave-signature", "x-botbat-signature"].map((name) => sent[name]);
  for (const hidden of [secret, JSON.stringify(secret).slice(1, -1), token, ...signatures]) {
    expect([hidden, body.includes(String(hidden))]).toEqual([hidden, false]);
  }
  expect(body.startsWith("******** | {")).toBe(true);
  expect(JSON.parse(body.slice(body.indexOf("{")))).toMatchObject({ secret: "********", token: "********" });
  expect(headers).toMatchObject({ "x-token": "********", "x-signed": "********", "set-cookie": "********" });
});

test("nor the beginning of one, where what is kept ends in the middle of it", async () => {
  for (const left of [4, 10, token.length - 1]) {
    const { body, bytes } = await keptOf(() => ({ body: `${"x".repeat(keptBytes - left)}${token} and more` }));
    expect([left, bytes]).toEqual([left, keptBytes]);
    const hidden = "********".slice(0, left);
    expect([left, body.slice(keptBytes - left).slice(0, hidden.length)]).toEqual([left, hidden]);
  }
});
