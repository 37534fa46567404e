// /api/v1/sessions/…/client-key: the key that belongs to one session.
import { WaygateError } from "../../core/errors.ts";
import { maySeeClientKeys } from "../../services/client-keys.ts";
import { callerOf, principalOf } from "../call.ts";
import { routes } from "../surface.ts";
import { ClientKeyJson, keyJson } from "./keys.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { sessionParameter } from "./session-shapes.ts";

export function sessionKeyRoutes({ services, operation }: Resource) {
  const { clientKeys, ids } = services;
  const { own } = createSessionAccess(services);

  return routes().get(
    "/sessions/:id/client-key",
    async ({ params, call }) => {
      if (!maySeeClientKeys(principalOf(call))) {
        throw new WaygateError("forbidden", "A client key may read, send and manage: more than this API key.");
      }
      const { key, secret } = await clientKeys.ensure(await own(call, params.id), callerOf(call));
      return { ...keyJson(key, ids), key: secret };
    },
    operation(
      {
        id: "getClientKey",
        summary: "Get the client key",
        description:
          "The API key that belongs to this session: good for it alone, gone with it, and shown whenever it is asked for. It is made with the first request. Rotate or revoke it as any other key, by its id.",
        access: "manage",
        faults: ["not_found"],
      },
      { params: sessionParameter, response: { 200: ClientKeyJson } },
    ),
  );
}
