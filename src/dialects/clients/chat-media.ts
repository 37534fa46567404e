// /api/chats/:clientId/media: the files of messages, for the chat page's pictures, sounds and films.
import { type Static, Type } from "@sinclair/typebox";
import { second } from "../../core/clock.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Message } from "../../core/message.ts";
import type { Call } from "../../http/call.ts";
import { fileAnswer } from "../../http/file-answer.ts";
import { routes } from "../../http/surface.ts";
import { nameOfFile } from "../../http/v1/file-names.ts";
import type { Resource } from "../../http/v1/resource.ts";
import { lenient } from "../shapes.ts";
import { createClientAccess, fileParameters } from "./read.ts";

/** A picture in a page asks once: better late than not shown. */
const usualWaitSeconds = 30;

const FileQuery = Type.Object(
  {
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: usualWaitSeconds,
        description: "Seconds to wait for a file that is still being fetched.",
      }),
    ),
  },
  lenient,
);

/** Beyond the chat's requests per minute: a page with sixty pictures asks for all of them at once. */
export function chatMediaRoutes({ services, operation }: Resource) {
  const { media, messages } = services;
  const clients = createClientAccess(services);

  async function find(call: Call, { clientId, messageId }: Static<typeof fileParameters>): Promise<Message> {
    const found = await messages.findByWaId(await clients.get(call, clientId), messageId);
    if (found === null)
      throw new WaygateError("not_found", "There is no such message.", { named: "MESSAGE_NOT_FOUND" });
    return found;
  }

  async function answer(call: Call, message: Message, seconds: number): Promise<Response> {
    const wait = { ms: seconds * second, until: call.waits(seconds) };
    const file = await media.open(message, wait).catch(throwNamed);
    return fileAnswer(call, { ...file, fileName: nameOfFile(file, message.waId) });
  }

  return routes().get(
    "/api/chats/:clientId/media/:messageId",
    async ({ params, query, call }) => answer(call, await find(call, params), query.wait ?? usualWaitSeconds),
    operation(
      {
        id: "clientsGetMedia",
        summary: "The file of a message",
        description:
          "Its bytes, with their type and name; whole or one range of it, so that sounds and films can be wound. One that is not here yet is fetched, as long as `wait` says; 404 with a sentence where it cannot be had.",
        access: "login",
        faults: ["not_found", "range_not_satisfiable"],
        types: ["application/octet-stream", "image/*", "audio/*", "video/*"],
      },
      {
        params: fileParameters,
        query: FileQuery,
        response: {
          200: Type.String({ description: "The file's bytes." }),
          206: Type.String({ description: "The range that was asked for." }),
          304: Type.Void({ description: "It is the one that you have." }),
        },
      },
    ),
  );
}

/** Nothing at this address, whether for now or for good; what comes later says when to ask again. */
function throwNamed(error: unknown): never {
  if (!(error instanceof WaygateError)) throw error;
  const { code, message, details } = error;
  if (code !== "not_found" && code !== "conflict") throw error;
  const named = code === "conflict" ? "MEDIA_NOT_AVAILABLE" : "MEDIA_NOT_FOUND";
  throw new WaygateError("not_found", message, { ...details, named }, error);
}
