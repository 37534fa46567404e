// What a receiver asks for with `Retry-After`, in every form there is: heard where it can be read, within an hour, and with
// 429 and 503 for all that it is to be told.
import { hour, minute, second } from "../../../src/core/clock.ts";
import { startHttpHost } from "../../support/http-host.ts";
import { until } from "../../support/until.ts";
import type { Play } from "./schedules.ts";
import { sweepsPerSecond } from "./stage.ts";

type Form = { header(now: number): string; asksMs(now: number): number | null };

const said = (text: string, asks: number | null): Form => ({ header: () => text, asksMs: () => asks });
/** In whole seconds from the second in which it is asked. */
const dated = (write: (date: Date) => string, inMs: number): Form => {
  const at = (now: number) => Math.floor((now + inMs) / second) * second;
  const clamped = (now: number) => Math.min(Math.max(at(now) - now, 0), hour);
  return { header: (now) => write(new Date(at(now))), asksMs: clamped };
};
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const imf = (date: Date) => date.toUTCString();
const rfc850 = (date: Date) => {
  const [, day = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
  return `${days[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
};
const asctime = (date: Date) => {
  const [name = "", day = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
  return `${name.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
};

const forms: readonly Form[] = [
  ...[said("120", 2 * minute), said("0", 0), said(" 7 ", 7 * second), said("0045", 45 * second), said("3600", hour)],
  ...[said("3601", hour), said("86400", hour), said("999999999999", hour)],
  ...[
    said("-5", null),
    said("1.5", null),
    said("+30", null),
    said("1e3", null),
    said("0x10", null),
    said("10, 20", null),
  ],
  ...[said("soon", null), said("", null), said("99999999999999999999", null), said("tomorrow at noon; 60", null)],
  ...[said("Fri, 20 Foo 2026 09:00:30 GMT", null), said("2026-11-20T10:00:00Z", null), said("\u00bd", null)],
  ...[dated(imf, 90 * second), dated(rfc850, 90 * second), dated(asctime, 90 * second)],
  ...[dated(imf, -hour), dated(asctime, -400 * 24 * hour), dated(imf, 70 * 365 * 24 * hour), dated(rfc850, 3 * hour)],
];
const statuses = [429, 503, 500] as const;
/** The first wait of the default schedule, within its tenth. */
const usual = { least: 9 * second, most: 11 * second };
/** Of an attempt on a busy machine. */
const slackMs = 2 * second;
const restarts = 0.25;
const chats = 1_000;
/** Long enough for whoever looks for what is due. */
const lookMs = (3 * second) / sweepsPerSecond;

export async function checkAskedFor(play: Play): Promise<number> {
  const all = forms.flatMap((form) => statuses.map((status) => ({ form, status })));
  const chosen = play.random.shuffled(all).slice(0, play.size * 3);
  for (const one of chosen) await ask(play, one);
  return chosen.length;
}

type Asking = { form: Form; status: number };

async function ask({ stage, random, faults }: Play, { form, status }: Asking): Promise<void> {
  const { clock } = stage;
  let [header, words] = ["", 0];
  const heard = { first: 0, second: 0 };
  await using host = await startHttpHost((response, { body }) => {
    const isFirst = JSON.parse(body.toString()).text === `word ${words}`;
    heard[isFirst ? "first" : "second"] += 1;
    if (!isFirst || heard.first > 1) return void response.end();
    header = form.header(clock.now());
    response.writeHead(status, header === "" ? {} : { "retry-after": header }).end();
  });
  const webhookId = await stage.add({ url: `http://127.0.0.1:${host.port}/` });
  const at = clock.now();
  words = stage.said();
  await stage.say({ count: 1, chats });
  const nextAt = await until("it to fail", async () => (await deliveryOf())?.nextAt, slackMs * 10);
  const about = `${status} with ${JSON.stringify(header)}`;
  const asked = form.asksMs(at);
  const wait = nextAt - at;
  const isRight = wait >= Math.max(usual.least, asked ?? 0) && wait <= Math.max(usual.most, asked ?? 0) + slackMs;
  faults.check(isRight, `tried again after ${wait} ms: ${about}`);

  const isResting = status !== 500 && (asked ?? 0) > 0;
  const isRestarted = random.chance(restarts);
  if (isRestarted) await stage.restart();
  await stage.say({ count: 1, chats });
  // That it is to rest is known to the gateway that was told so.
  if (isResting && !isRestarted) {
    clock.advance((asked ?? 0) - 1);
    await Bun.sleep(lookMs);
    faults.check(heard.second === 0, `not left alone for ${asked} ms: ${about}`);
  } else if (!isResting) {
    await until("the other to be told", () => heard.second === 1);
  }
  clock.advance(Math.max(nextAt - 1 - clock.now(), 0));
  await Bun.sleep(lookMs);
  faults.check(heard.first === 1, `tried again too early: ${about}`);
  clock.advance(second);
  await until("both to be taken", async () => {
    const states = (await stage.rig().store.deliveryLog.list({ webhookId }, null, 5)).map(({ state }) => state);
    return states.length === 2 && states.every((state) => state === "delivered");
  });
  faults.check(heard.first === 2 && heard.second === 1, `told too often: ${about}`);
  await stage.remove(webhookId);

  async function deliveryOf() {
    const [delivery] = await stage.rig().store.deliveryLog.list({ webhookId }, null, 1);
    return delivery;
  }
}
