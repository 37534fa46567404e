// /api/v1/sessions/…/qr and …/pairing-code: linking a session to a phone.
import { Type } from "@sinclair/typebox";
import { isoTime, second } from "../../core/clock.ts";
import { OneOf } from "../../core/one-of.ts";
import { readPhone } from "../../core/phone.ts";
import type { QrShown } from "../../core/ports.ts";
import { encodeQr } from "../../core/qr/encode.ts";
import { pngOf, svgOf, textOf } from "../../core/qr/render.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { sessionParameter } from "./session-shapes.ts";
import { strict, Time } from "./shapes.ts";

const formats = ["png", "svg", "data_url", "raw", "text"] as const;
type Format = (typeof formats)[number];

const mostWaitSeconds = 60;
/** As long as a session may take from its start until it can be linked, and some. */
const codeWaitSeconds = 30;

const QrQuery = Type.Object(
  {
    format: Type.Optional(
      OneOf(formats, {
        default: "png",
        description:
          "`png` and `svg` are pictures; `data_url` is the PNG as a `data:` URL; `raw` is the QR's own text, and nothing else; `text` draws it in half blocks, for terminals that write light on dark.",
      }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: mostWaitSeconds,
        default: 0,
        description: "Seconds to wait for a QR if there is none yet.",
      }),
    ),
  },
  strict,
);

const PairingRequest = Type.Object(
  {
    phone: Type.String({
      minLength: 1,
      maxLength: 60,
      description: "The number to be linked, with its country code, in any usual form.",
    }),
  },
  { ...strict, title: "PairingCodeRequest", examples: [{ phone: "+49 151 23456789" }] },
);
const PairingCodeJson = Type.Object(
  {
    code: Type.String({ description: "To be typed on the phone; the dash does not matter.", examples: ["ABCD-1234"] }),
    expires_at: Time("When it is no longer good."),
  },
  { title: "PairingCode" },
);

export function sessionPairingRoutes({ services, operation }: Resource) {
  const { sessionPairing } = services;
  const { own } = createSessionAccess(services);
  const params = sessionParameter;

  return routes()
    .get(
      "/sessions/:id/qr",
      async ({ params, query, call }) => {
        const { format = "png", wait = 0 } = query;
        const session = await own(call, params.id);
        const until = call.waits(wait);
        const shown = await sessionPairing.waitForQr(session, { ms: wait * second, until });
        return qrAnswer(shown, format);
      },
      operation(
        {
          id: "getSessionQr",
          summary: "Get the QR",
          description:
            "The QR that the session shows just now, to be scanned on the phone under Linked devices. It changes every minute or sooner: `X-QR-Expires-At` says when to ask again. 409 when there is nothing to scan. Whoever can see it can link a phone of theirs, which is why reading alone is not enough.",
          access: "manage",
          faults: ["not_found", "conflict"],
          types: ["image/png", "image/svg+xml", "text/plain"],
        },
        { params, query: QrQuery, response: { 200: Type.String({ description: "The QR, as asked for." }) } },
      ),
    )
    .post(
      "/sessions/:id/pairing-code",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        const phone = readPhone(body.phone, "/phone");
        const { code, expiresAt } = await sessionPairing.pairingCode(session, phone, call.waits(codeWaitSeconds));
        return { code, expires_at: isoTime(expiresAt) };
      },
      operation(
        {
          id: "createPairingCode",
          summary: "Get a pairing code",
          description:
            "Eight characters that link the session without a camera: on the phone under Linked devices, Link with phone number instead. WhatsApp shows a notice there as well.",
          access: "manage",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, body: PairingRequest, response: { 200: PairingCodeJson } },
      ),
    );
}

/** Good for seconds only, and for whoever sees it: nothing keeps it. */
function qrAnswer({ text, expiresAt }: QrShown, format: Format): Response {
  const { type, body } = rendered(text, format);
  return new Response(body, {
    headers: { "Content-Type": type, "Cache-Control": "no-store", "X-QR-Expires-At": isoTime(expiresAt) },
  });
}

function rendered(text: string, format: Format): { type: string; body: string | Uint8Array<ArrayBuffer> } {
  const plain = "text/plain; charset=utf-8";
  switch (format) {
    case "png":
      return { type: "image/png", body: pngOf(encodeQr(text, "M")) };
    case "svg":
      return { type: "image/svg+xml", body: svgOf(encodeQr(text, "M")) };
    case "data_url":
      return {
        type: plain,
        body: `data:image/png;base64,${Buffer.from(pngOf(encodeQr(text, "M"))).toString("base64")}`,
      };
    case "raw":
      return { type: plain, body: text };
    case "text":
      return { type: plain, body: textOf(encodeQr(text, "L")) };
  }
}
