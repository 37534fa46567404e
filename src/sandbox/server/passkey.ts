// A number that links no device without a passkey: what the client is told, as public clients report it.
import { randomBytes } from "node:crypto";
import type { World } from "../network/world.ts";
import { type Node, node } from "../wire/node.ts";

export const passkeySentence =
  "This number asks for a passkey before a device is linked, and only WhatsApp's own apps can show one.";

/** The options in both forms that are reported; whatsmeow (pair-passkey.go) reads `passkey_request_options`. */
export function passkeyRequest(world: World): Node {
  const options = Buffer.from(
    JSON.stringify({
      challenge: randomBytes(32).toString("base64url"),
      timeout: 600_000,
      rpId: "whatsapp.com",
      allowCredentials: [],
      userVerification: "required",
    }),
  );
  const type = "passkey_prologue_request";
  const attrs = { from: "@s.whatsapp.net", type, id: world.makeId(), t: world.nowSeconds() };
  return node("notification", attrs, [
    node("passkey_request_options", {}, options),
    node(type, {}, [node("request_options", {}, options)]),
  ]);
}
