// /api/v1/sandbox/phones: the people on the network in the box.
import type { Static } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { SandboxControl } from "../../sandbox/control/actions.ts";
import type { Call } from "../call.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import * as shapes from "./sandbox-phone-shapes.ts";
import { changing, mayClash, notFound, reading, told, toldLater } from "./sandbox-route.ts";
import { listed } from "./sandbox-shapes.ts";
import { Words } from "./sandbox-words.ts";
import { createSessionAccess } from "./session-access.ts";
import { NoContent } from "./shapes.ts";

const { phoneParameter, deviceParameter } = shapes;

export function sandboxPhoneRoutes({ operation, services }: Resource, sandbox: SandboxControl) {
  const { phones } = sandbox;
  const { own } = createSessionAccess(services);

  async function qrOf({ qr, session }: Static<typeof shapes.Scan>, call: Call): Promise<string> {
    if (qr !== undefined) return qr;
    if (session === undefined) throw new WaygateError("invalid", "Give a qr or a session.");
    const waiting = { ms: sessionWaitSeconds * second, until: call.waits(sessionWaitSeconds) };
    return (await services.sessionPairing.waitForQr(await own(call, session), waiting)).text;
  }

  return routes()
    .get(
      "/sandbox/phones",
      () => ({ data: phones.list() }),
      operation(
        reading("listSandboxPhones", "List the phones", "Everybody on the network, with their linked devices."),
        {
          response: { 200: listed(shapes.PhoneJson, "SandboxPhoneList") },
        },
      ),
    )
    .post(
      "/sandbox/phones",
      ({ body, status }) =>
        status(
          201,
          told(() => phones.add(body)),
        ),
      operation(
        {
          ...changing(
            "createSandboxPhone",
            "Make a phone",
            "A person with a number, a Signal identity and an empty inbox.",
          ),
          faults: ["conflict"],
        },
        { body: shapes.NewPhone, response: { 201: shapes.PhoneJson } },
      ),
    )
    .get(
      "/sandbox/phones/:number",
      ({ params }) => told(() => phones.get(params.number)),
      operation(
        { ...reading("getSandboxPhone", "Get a phone", "One person, by number."), ...notFound },
        { params: phoneParameter, response: { 200: shapes.PhoneJson } },
      ),
    )
    .patch(
      "/sandbox/phones/:number",
      ({ params, body }) => told(() => phones.change(params.number, body)),
      operation(
        {
          ...changing(
            "updateSandboxPhone",
            "Change a phone",
            "Its name, about, picture and privacy, whom it blocks, whether it is online, and what it does by itself.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.PhoneChanges, response: { 200: shapes.PhoneJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/scan",
      async ({ params, body, call }) => {
        const qr = await qrOf(body, call);
        return toldLater(() => phones.scan(params.number, { qr }));
      },
      operation(
        {
          ...changing(
            "scanWithSandboxPhone",
            "Scan a QR",
            "The phone scans a QR and links the client that shows it, as one of its devices.",
          ),
          ...mayClash,
        },
        { params: phoneParameter, body: shapes.Scan, response: { 200: shapes.LinkedJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/type-code",
      async ({ params, body }) => toldLater(() => phones.typeCode(params.number, body)),
      operation(
        {
          ...changing(
            "typeCodeOnSandboxPhone",
            "Type a pairing code",
            "The phone's owner types the code that a client shows.",
          ),
          ...mayClash,
        },
        { params: phoneParameter, body: shapes.TypeCode, response: { 200: shapes.LinkedJson } },
      ),
    )
    .delete(
      "/sandbox/phones/:number/devices/:device",
      ({ params, set }) => {
        told(() => phones.unlink(params.number, Number(params.device)));
        set.status = 204;
      },
      operation(
        {
          ...changing(
            "unlinkSandboxDevice",
            "Unlink a device",
            "As its owner would on the phone: the client is logged out.",
          ),
          ...notFound,
        },
        { params: deviceParameter, response: { 204: NoContent } },
      ),
    )
    .get(
      "/sandbox/phones/:number/devices/:device/deliveries",
      ({ params }) => told(() => phones.deliveries(params.number, Number(params.device))),
      operation(
        {
          ...reading(
            "listSandboxDeliveries",
            "What a device has still to get",
            "Of the messages for a linked device: those that wait, those on their way, and those it could not use.",
          ),
          ...notFound,
        },
        { params: deviceParameter, response: { 200: shapes.DeliveriesJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/messages",
      ({ params, body, status }) => status(201, shown(told(() => phones.send(params.number, body)))),
      operation(
        {
          ...changing(
            "writeFromSandboxPhone",
            "Write from a phone",
            "A text, media, a reaction, an edit, a deletion, a poll, a vote, a location, a contact or a forgery, really encrypted for every device it goes to.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: Words, response: { 201: shapes.ItemJson } },
      ),
    )
    .get(
      "/sandbox/phones/:number/inbox",
      async ({ params, query }) => {
        const { after = null, wait = 0, limit = 50 } = query;
        const page = await toldLater(() => phones.inbox(params.number, { after, wait_ms: wait * 1_000, limit }));
        return { data: page.data.map(shown), last: page.last };
      },
      operation(
        {
          ...reading(
            "readSandboxInbox",
            "Look into an inbox",
            "What a phone has got and really decrypted, oldest first; waits for the first message if asked to.",
          ),
          ...notFound,
        },
        { params: phoneParameter, query: shapes.InboxQuery, response: { 200: shapes.InboxJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/read",
      ({ params, body }) => told(() => phones.read(params.number, body)),
      operation(
        {
          ...changing(
            "readOnSandboxPhone",
            "Read messages",
            "The phone's owner reads: read receipts go out. All of them if none is named.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.ReadInput, response: { 200: shapes.ReadJson } },
      ),
    )
    .post(
      "/sandbox/phones/:number/typing",
      ({ params, body, set }) => {
        told(() => phones.type(params.number, body));
        set.status = 204;
      },
      operation(
        {
          ...changing(
            "typeOnSandboxPhone",
            "Type",
            "Shows somebody that the phone's owner types, records, or has stopped.",
          ),
          ...notFound,
        },
        { params: phoneParameter, body: shapes.TypingInput, response: { 204: NoContent } },
      ),
    );
}

/** For a session that has only just been started. */
const sessionWaitSeconds = 20;

type Item = ReturnType<SandboxControl["phones"]["send"]>;
const shown = (item: Item) => ({
  ...item,
  message: { ...item.message },
  media: item.media === null ? null : { ...item.media },
});
