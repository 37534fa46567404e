// Every route of a whole gateway that takes an address: webhooks of all surfaces, files by address, links in texts.
import { hostname } from "node:os";
import { startHttpHost } from "../../support/http-host.ts";
import { type Flow, others, startFlow } from "../../support/session-flow.ts";
import type { Faults } from "../support/suite.ts";
import type { Canaries } from "./canaries.ts";
import { allForms, type Form } from "./forms.ts";

type World = {
  canaries: Canaries;
  faults: Faults;
  /** Those that are tried at one place: all of them, or some where time is short. */
  some(forms: readonly Form[]): readonly Form[];
};
type Door = {
  name: string;
  method?: string;
  path: string;
  body(url: string): unknown;
  /** What it answers to what is refused. */
  refused: number;
};

const everywhere = ["0.0.0.0/0", "::/0", "localhost", "*.localhost"];
const manyTimes = { addressRequestsPerMinute: 1_000_000, clientsSendsPerQuarter: 1_000_000 };
const usual = "https://hooks.example/";

function doors(webhookId: string): Door[] {
  const session_id = "shop";
  const media = (url: string) => ({ session_id, to: others, media: { url } });
  const send = "/api/whatsapp/session/shop/send";
  return [
    { name: "a new webhook", path: "/api/v1/webhooks", body: (url) => ({ url }), refused: 422 },
    {
      name: "a webhook that is changed",
      ...{ method: "PATCH", path: `/api/v1/webhooks/${webhookId}` },
      ...{ body: (url) => ({ url }), refused: 422 },
    },
    {
      name: "a client's webhook",
      path: "/api/update-webhook",
      ...{ body: (webhookUrl) => ({ clientId: "shop", webhookUrl }), refused: 400 },
    },
    {
      name: "a new client's webhook",
      path: "/api/add-number",
      body: (webhookUrl) => ({ clientId: "never", phoneNumber: "15550009999", webhookUrl }),
      refused: 400,
    },
    {
      name: "a tenant's webhook",
      ...{ method: "PUT", path: "/api/whatsapp/settings/webhook" },
      ...{ body: (webhookUrl) => ({ webhookUrl }), refused: 400 },
    },
    { name: "a webhook in an envelope", path: "/webhooks", body: (url) => ({ url }), refused: 400 },
    {
      name: "a webhook in an envelope that is changed",
      ...{ method: "PUT", path: "/webhooks/1", body: (url) => ({ url }), refused: 400 },
    },
    { name: "a file", path: "/api/v1/messages", body: media, refused: 422 },
    {
      name: "a client's file",
      path: "/api/send-message",
      body: (mediaUrl) => ({ clientId: "shop", number: others, mediaUrl: `${mediaUrl}#.jpg` }),
      refused: 400,
    },
    {
      name: "a tenant's file",
      path: send,
      ...{ body: (mediaUrl) => ({ to: others, type: "document", fileName: "a.pdf", mediaUrl }), refused: 400 },
    },
  ];
}

/** Answers with how many were tried. */
export async function tryRoutes(forms: readonly Form[], world: World): Promise<number> {
  const { faults } = world;
  // Elsewhere than on Linux there is but one loopback address, and what is beside the canaries is tried without it.
  await using flow = await startFlow({ allowPrivateUrls: ["127.9.8.7"], ...manyTimes });
  await flow.link("shop", undefined, { pacing: "off" });
  const { id } = (await flow.call("/webhooks", { body: { url: usual, paused: true } })).json;
  let tried = 0;
  for (const door of doors(id)) {
    for (const { sort, url } of world.some(forms)) {
      await mustRefuse(flow, door, { sort, url }, world);
      tried += 1;
    }
  }
  const { data } = (await flow.call("/webhooks")).json;
  faults.check(
    data.length === 1 && data[0].url === usual,
    `addresses that are refused: ${JSON.stringify(data)} is there`,
  );
  const clients = (await flow.gateway().call("/api/clients")).json;
  faults.check(clients.length === 1, `addresses that are refused: ${clients.length} clients are there`);
  tried += await tryLinks(flow, forms, world);
  tried += await tryOwnName(flow, world);
  return tried + (await tryOwnPort(world));
}

async function mustRefuse(flow: Flow, door: Door, { sort, url }: Pick<Form, "sort" | "url">, world: World) {
  const { name, method = "POST", path, body, refused } = door;
  const { canaries, faults } = world;
  const before = canaries.hits();
  const { status, text } = await flow.gateway().call(path, { method, body: body(url) });
  faults.check(status === refused, `${name} to ${sort}, ${JSON.stringify(url)}: ${status} ${text.slice(0, 200)}`);
  faults.check(canaries.hits() === before, `${name} to ${sort}, ${JSON.stringify(url)}: it was called`);
}

/** A text goes out without its preview, and so does one whose page may be had but shows a picture from inside. */
async function tryLinks(flow: Flow, forms: readonly Form[], { canaries, faults, some }: World): Promise<number> {
  const send = async (text: string, sort: string) => {
    const { status, json } = await flow.call("/messages?wait=none", { body: { session_id: "shop", to: others, text } });
    faults.check(status < 300, `a link to ${sort}: the text does not go out, ${status}`);
    faults.check(canaries.hits() === 0, `a link to ${sort}: it was called, ${text}`);
    return json;
  };
  const words = some(forms).filter(({ url }) => url.length < 2_000);
  for (const { sort, url } of words) await send(`Look at ${url}`, sort);
  const page = (url: string) => `<html><title>A page</title><meta property="og:image" content="${url}">`;
  const started = await startHttpHost(
    (response, { path }) => {
      const url = words[Number(path.slice(1))]?.url ?? "";
      response.writeHead(200, { "content-type": "text/html" }).end(page(url.replaceAll('"', "&quot;")));
    },
    { address: "127.9.8.7" },
  ).catch(() => null);
  if (started === null) return words.length;
  await using good = started;
  for (const [place, { sort }] of words.entries())
    await send(`Look: http://127.9.8.7:${good.port}/${place}`, `a page of ${sort}`);
  // A picture without a host of its own is asked of the page's host as well.
  const asked = new Set(good.received.map(({ path }) => path).filter((path) => /^\/\d+$/.test(path)));
  faults.check(asked.size === words.length, `links: ${asked.size} of ${words.length} pages were asked for`);
  return 2 * words.length;
}

/** By the system's own resolver: this machine's name leads to itself, which is found out when it is called. */
async function tryOwnName(flow: Flow, { canaries, faults }: World): Promise<number> {
  const url = `https://${hostname()}:${canaries.port}/`;
  const made = await flow.call("/webhooks", { body: { url } });
  if (made.status !== 201) return 0;
  const { json } = await flow.call(`/webhooks/${made.json.id}/test`, { method: "POST" });
  const isRefused = /leads to|cannot be found/.test(json.error);
  faults.check(json.status_code === null && isRefused, `this machine's own name: ${JSON.stringify(json)}`);
  await flow.call(`/webhooks/${made.json.id}`, { method: "DELETE" });
  return 1;
}

/** Where all else is allowed. */
async function tryOwnPort(world: World): Promise<number> {
  await using flow = await startFlow({ allowPrivateUrls: everywhere, ...manyTimes });
  await flow.create("shop", { start: false });
  const { id } = (await flow.call("/webhooks", { body: { url: usual, paused: true } })).json;
  const port = Number(new URL(flow.gateway().url).port);
  const forms = allForms({ port, hasIpv6: world.canaries.hasIpv6 }).filter(({ leads }) => leads);
  let tried = 0;
  // A file needs a session that is linked; its client is tried in another way.
  for (const door of doors(id).filter(({ name }) => name.includes("webhook"))) {
    for (const { sort, url } of world.some(forms)) {
      await mustRefuse(flow, door, { sort: `our own port, ${sort}`, url }, world);
      tried += 1;
    }
  }
  return tried;
}
