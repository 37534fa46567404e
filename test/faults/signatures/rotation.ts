// A new secret in place of one, by the API: with both good for a while, and then the new one alone; on every format.

import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { type HttpHost, startHttpHost } from "../../support/http-host.ts";
import type { Random } from "../support/random.ts";
import type { Faults } from "../support/suite.ts";
import { type Got, isBotwave, isDigest, isStandard, isWapiconnect } from "./checks.ts";
import { anySecret } from "./texts.ts";

const second = 1_000;
const formats = ["native", "envelope", "wapiconnect"] as const;
type Rotating = { gateway: TestGateway; host: HttpHost; id: string; format: (typeof formats)[number]; faults: Faults };

/** Answers with how many attempts were looked at. */
export async function tryRotation(rounds: number, random: Random, faults: Faults): Promise<number> {
  await using gateway = await startGateway({ allowPrivateUrls: ["127.0.0.1"] });
  await using host = await startHttpHost((response) => response.end());
  let tried = 0;
  for (let round = 0; round < rounds; round++) {
    const format = formats[round % formats.length] ?? "native";
    const url = `http://127.0.0.1:${host.port}/`;
    const first = anySecret(random);
    const made = await gateway.call("/api/v1/webhooks", { body: { url, format, secret: first, paused: true } });
    if (made.status !== 201) throw new Error(`a webhook was not made: ${made.text}`);
    tried += await rotate({ gateway, host, id: made.json.id, format, faults }, first, random);
  }
  return tried;
}

async function rotate(rotating: Rotating, first: string, random: Random): Promise<number> {
  const { clock } = rotating.gateway;
  const others: string[] = [];
  let tried = 0;
  /** `good` in the order in which they sign. */
  async function check(when: string, good: string[]): Promise<void> {
    tried += 1;
    judge(await told(rotating), when, { good, bad: others.filter((one) => !good.includes(one)) }, rotating);
  }
  async function turn(graceSeconds: number): Promise<string> {
    const secret = random.chance(0.5) ? anySecret(random) : undefined;
    const body = { grace_seconds: graceSeconds, ...(secret === undefined ? {} : { secret }) };
    const { status, json } = await rotating.gateway.call(`/api/v1/webhooks/${rotating.id}/rotate-secret`, { body });
    if (status !== 200) throw new Error(`a secret was not changed: ${JSON.stringify(json)}`);
    rotating.faults.check(secret === undefined || json.secret === secret, "a secret that was given is another");
    others.push(json.secret);
    return json.secret;
  }

  others.push(first);
  await check("before", [first]);
  const grace = random.between(2, 7 * 86_400);
  const next = await turn(grace);
  await check("at once", [next, first]);
  clock.advance(grace * second - 1);
  await check("at the last moment of the grace", [next, first]);
  clock.advance(1);
  await check("after the grace", [next]);
  const third = await turn(grace);
  const fourth = await turn(grace);
  await check("changed twice within the grace", [fourth, third]);
  const fifth = await turn(0);
  await check("without any grace", [fifth]);
  return tried;
}

async function told({ gateway, host, id }: Rotating): Promise<Got> {
  const before = host.received.length;
  await gateway.call(`/api/v1/webhooks/${id}/test`, { method: "POST" });
  const request = host.received[before];
  if (request === undefined) throw new Error("a webhook that is tried out was not called");
  return { headers: request.headers as Record<string, string>, body: request.body };
}

function judge(got: Got, when: string, { good, bad }: { good: string[]; bad: string[] }, rotating: Rotating): void {
  const { format, faults, gateway } = rotating;
  const [newest = ""] = good;
  const now = gateway.clock.now();
  const holds = (what: string, is: boolean) => faults.check(is, `rotation ${when}: ${what}, ${format}`);
  if (format === "wapiconnect") {
    holds("the newest does not sign within the body", isWapiconnect(got, newest));
    holds("the newest does not sign the body", isDigest(got, "x-webhook-signature", newest));
    for (const one of bad) holds("a former one signs", !isWapiconnect(got, one));
    return;
  }
  for (const one of good) holds("one that is good does not sign", isStandard(got, one, now));
  for (const one of bad) holds("one that is not good any more signs", !isStandard(got, one, now));
  const count = got.headers["webhook-signature"]?.split(" ").length;
  holds(`there are ${count} signatures for ${good.length} secrets`, count === good.length);
  holds("the newest does not sign for those who know of one", isBotwave(got, newest));
  for (const one of [...good.slice(1), ...bad]) holds("another signs for those who know of one", !isBotwave(got, one));
}
