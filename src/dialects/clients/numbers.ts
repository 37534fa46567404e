// /api/add-number, /api/qr, /api/clients and DELETE /clients: numbers added, linked, listed and taken away.
import { type Static, Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import { readPhone } from "../../core/phone.ts";
import { encodeQr } from "../../core/qr/encode.ts";
import { pngOf } from "../../core/qr/render.ts";
import { type Session, SessionName } from "../../core/session.ts";
import { type Call, callerOf, principalOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { createSessionAccess } from "../../http/v1/session-access.ts";
import { maySeeClientKeys } from "../../services/client-keys.ts";
import { lenient, OrNull } from "../shapes.ts";
import type { Limits } from "./limits.ts";
import { clientParameter, createClientAccess } from "./read.ts";
import type { ClientWebhooks } from "./webhook.ts";
import { linkedId, phoneOf } from "./write.ts";

const qrWaitSeconds = 15;
/** As long as it may take until WhatsApp has unlinked a device, or is found out of reach. */
const unlinkSeconds = 60;
/** What a client of this API does with calls until its owner says otherwise. */
const usualForClients = { rejectCalls: true, rejectMessage: "מצטער אינני זמין כעת." };

const NewNumber = Type.Object(
  {
    clientId: SessionName,
    phoneNumber: Type.String({ minLength: 1, maxLength: 60, description: "With its country code." }),
    webhookUrl: OrNull(Type.String({ maxLength: 2_048, description: "Where its events are sent." })),
  },
  { ...lenient, title: "ClientsNewNumber", examples: [{ clientId: "client-id", phoneNumber: "12345678901" }] },
);
const AddedNumber = Type.Object(
  {
    status: Type.Union([Type.Literal("pending_auth"), Type.Literal("connected")], { examples: ["pending_auth"] }),
    message: Type.String({ examples: ["QR Code generated for authentication"] }),
    qrCode: Type.Union([Type.String(), Type.Null()], {
      description: "The QR as a PNG in a data URL; null if it is linked already, or shows none yet.",
      examples: ["data:image/png;base64,iVBORw0KGgoAAAANS..."],
    }),
    apiKey: Type.String({ description: "Good for this client alone.", examples: ["client-api-key"] }),
  },
  { title: "ClientsAddedNumber" },
);
const ClientJson = Type.Object(
  {
    clientId: Type.String({ examples: ["client-id"] }),
    phoneNumber: Type.String({ examples: ["9721234567"] }),
    apiKey: Type.String({ examples: ["client-api-key"] }),
    connectedNumber: Type.String({ examples: ["9721234567@c.us"] }),
    status: Type.Union([Type.Literal("Authenticated"), Type.Literal("Pending Authentication")], {
      examples: ["Authenticated"],
    }),
  },
  { title: "Client" },
);
const Removal = Type.Object(
  { password: OrNull(Type.String({ maxLength: 256, description: "That of your account." })) },
  { ...lenient, title: "ClientsRemoval", examples: [{ password: "a long and lovely phrase" }] },
);
const Removed = Type.Object(
  { message: Type.Literal("Client deleted successfully.", { examples: ["Client deleted successfully."] }) },
  { title: "ClientsRemoved" },
);

export function numberRoutes({ services, operation }: Resource, limits: Limits, webhooks: ClientWebhooks) {
  const { accounts, clientKeys, sessions, sessionRuns, sessionPairing } = services;
  const { reachOf } = createSessionAccess(services);
  const clients = createClientAccess(services);

  /** Made, or what is there is started again if it does not run. */
  async function ensure({ clientId: name, phoneNumber }: Static<typeof NewNumber>, call: Call) {
    const intendedPhone = readPhone(phoneNumber, "/phoneNumber");
    const actor = callerOf(call);
    const known = await clients.find(call, name);
    if (known === null) return create(name, intendedPhone, call);
    if (known.settings.intendedPhone !== intendedPhone) {
      await sessions.update(known, { settings: { intendedPhone } }, actor);
    }
    return sessionRuns.start(known, actor);
  }

  /** Of two who ask at once the second gets what the first has made. */
  async function create(name: string, intendedPhone: string, call: Call): Promise<Session> {
    const settings = { ...usualForClients, intendedPhone };
    try {
      return await sessions.create({ name, settings, withKey: true }, reachOf(call), callerOf(call));
    } catch (error) {
      if (error instanceof WaygateError && error.code === "conflict") return clients.get(call, name);
      throw error;
    }
  }

  /** The QR as a picture; null where there is none to scan within the time. */
  async function pictureOf(session: Session, ms: number, until: AbortSignal) {
    try {
      const { text } = await sessionPairing.waitForQr(session, { ms, until, endsOutOfReach: true });
      return pngOf(encodeQr(text, "M"));
    } catch (error) {
      if (error instanceof WaygateError && error.code === "conflict") return null;
      throw error;
    }
  }

  async function add(body: Static<typeof NewNumber>, call: Call): Promise<Static<typeof AddedNumber>> {
    const { webhookUrl } = body;
    if (webhookUrl) await webhooks.check(webhookUrl);
    const session = await ensure(body, call);
    if (webhookUrl) await webhooks.set(call, session, webhookUrl);
    const apiKey = await keyOf(session, call);
    const picture = await pictureOf(session, qrWaitSeconds * second, call.waits(qrWaitSeconds));
    if (picture !== null) {
      const qrCode = `data:image/png;base64,${Buffer.from(picture).toString("base64")}`;
      return { status: "pending_auth", message: "QR Code generated for authentication", qrCode, apiKey };
    }
    const now = await clients.get(call, session.name);
    const isLinked = now.identity !== null;
    const message = isLinked ? "Client is already connected" : "There is no QR Code yet: ask for it in a few seconds";
    return { status: isLinked ? "connected" : "pending_auth", message, qrCode: null, apiKey };
  }

  /** How it begins, for those who may do less than it may. */
  async function keyOf(session: Session, call: Call): Promise<string> {
    const { key, secret } = await clientKeys.ensure(session, callerOf(call));
    return maySeeClientKeys(principalOf(call)) ? secret : `${key.prefix}...`;
  }

  async function show(session: Session, call: Call): Promise<Static<typeof ClientJson>> {
    return {
      clientId: session.name,
      phoneNumber: phoneOf(session),
      apiKey: await keyOf(session, call),
      connectedNumber: linkedId(session) ?? "Not Connected",
      status: session.identity === null ? "Pending Authentication" : "Authenticated",
    };
  }

  async function remove(clientId: string, password: string | null | undefined, call: Call): Promise<void> {
    limits.sensitive(call);
    if (password == null || password === "") throw new WaygateError("invalid", "Password is required");
    const session = await clients.get(call, clientId);
    if (!(await accounts.confirmPassword(principalOf(call), password, callerOf(call)))) {
      throw new WaygateError("forbidden", "Invalid password or client not owned by user");
    }
    call.takes(unlinkSeconds);
    await webhooks.set(call, session, "");
    await sessionRuns.remove(session, callerOf(call));
  }

  return routes()
    .post(
      "/api/add-number",
      ({ body, call }) => add(body, call),
      operation(
        {
          id: "clientsAddNumber",
          summary: "Add a number",
          description:
            "Makes a client, or starts one that is there, and answers with its QR as soon as there is one, after 15 seconds at most.",
          access: "manage",
          faults: ["forbidden", "conflict", "limit_reached"],
        },
        { body: NewNumber, response: { 200: AddedNumber } },
      ),
    )
    .get(
      "/api/qr/:clientId",
      async ({ params, call }) => {
        const session = await clients.get(call, params.clientId);
        const picture = await pictureOf(session, 0, call.waits(0));
        if (picture === null) {
          const sentence = "QR code not available: the client is not waiting for authentication.";
          throw new WaygateError("not_found", sentence, { named: "QR_NOT_AVAILABLE" });
        }
        return new Response(picture, { headers: { "Content-Type": "image/png", "Cache-Control": "no-store" } });
      },
      operation(
        {
          id: "clientsGetQr",
          summary: "The QR as a picture",
          description: "A PNG, for as long as the client waits for authentication.",
          access: "manage",
          faults: ["not_found"],
          types: ["image/png"],
        },
        { params: clientParameter, response: { 200: Type.String({ description: "The PNG." }) } },
      ),
    )
    .get(
      "/api/clients",
      async ({ call }) => {
        const all = await clients.list(call);
        return Promise.all(all.map((session) => show(session, call)));
      },
      operation(
        {
          id: "clientsListClients",
          summary: "List clients",
          description: "Every client, oldest first, with its key, which a key that may do less is not shown.",
          access: "read",
        },
        { response: { 200: Type.Array(ClientJson, { title: "ClientList" }) } },
      ),
    )
    .delete(
      "/clients/:clientId",
      async ({ params, body, call }) => {
        await remove(params.clientId, body.password, call);
        return { message: "Client deleted successfully." as const };
      },
      operation(
        {
          id: "clientsDeleteClient",
          summary: "Delete a client",
          description: "Unlinks it and deletes it with everything that is kept of it. Needs the password once more.",
          access: "login",
          faults: ["not_found", "forbidden"],
          bodyIsOptional: true,
        },
        { params: clientParameter, body: Removal, response: { 200: Removed } },
      ),
    );
}
