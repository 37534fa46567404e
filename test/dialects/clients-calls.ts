// A program of the clients API: what it asks, and what it is told.
import { expect } from "bun:test";
import { type Answer, adminKey, adminPassword, type CallOptions } from "../support/gateway.ts";
import { type Flow, mine } from "../support/session-flow.ts";
import { until } from "../support/until.ts";

export const isoTime = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
export const unixTime = expect.any(Number);
export const waId = expect.stringMatching(/^[0-9A-F]{16,32}$/);

export const ask = (flow: Flow, path: string, options?: CallOptions): Promise<Answer> =>
  flow.gateway().call(path, options);
export const told = ({ status, json: body }: Answer) => [status, body];

export async function signedIn(flow: Flow): Promise<CallOptions> {
  const { json: login } = await ask(flow, "/api/v1/login", {
    body: { username: "admin", password: adminPassword },
    key: null,
  });
  return { key: null, headers: { authorization: `Bearer ${login.token}` } };
}

export const add = (flow: Flow, more: object = {}, key = adminKey) =>
  ask(flow, "/api/add-number", { body: { clientId: "client-id", phoneNumber: mine, ...more }, key });

/** Added as a program would, and scanned on the phone. */
export async function link(flow: Flow): Promise<{ apiKey: string }> {
  const { json: added } = await add(flow);
  const line = flow.line("client-id");
  await line.link();
  return added;
}

export async function received(flow: Flow, count: number) {
  return until(`${count} received`, async () => {
    const { messages } = (await ask(flow, "/api/received-messages/client-id")).json;
    return messages.length >= count ? messages : null;
  });
}
