// /api/whatsapp/settings: what the document's dashboard does.
import { WaygateError } from "../../core/errors.ts";
import { callerOf, principalOf } from "../../http/call.ts";
import { routes } from "../../http/surface.ts";
import { grantOf } from "../../http/v1/keys.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { NewKey } from "./write.ts";

export function settingsRoutes({ services, operation }: Resource) {
  return routes().post(
    "/settings/reset-api-key",
    async ({ call }) => {
      const { credential } = principalOf(call);
      if (credential.kind !== "key") {
        throw new WaygateError("conflict", "Ask with the API key that is to be replaced; a login has none.");
      }
      const { secret } = await services.keys.rotate(credential.key, 0, grantOf(call), callerOf(call));
      return { success: true as const, apiKey: secret };
    },
    operation(
      {
        id: "wapiconnectResetApiKey",
        summary: "Replace the API key",
        description: "A new key with the same rights in place of the one that asks, which dies at once.",
        access: "manage",
        faults: ["conflict"],
      },
      { response: { 200: NewKey } },
    ),
  );
}
