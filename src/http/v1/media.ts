// /api/v1/messages/{id}/media, and links to files that need no key.
import { Type } from "@sinclair/typebox";
import { day, hour, isoTime, second } from "../../core/clock.ts";
import type { Message } from "../../core/message.ts";
import type { Call } from "../call.ts";
import { fileAnswer } from "../file-answer.ts";
import { routes } from "../surface.ts";
import { nameOfFile } from "./file-names.ts";
import { createMessageAccess } from "./message-access.ts";
import type { Resource } from "./resource.ts";
import { idParameter, strict, Time } from "./shapes.ts";

const WaitQuery = Type.Object(
  {
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60,
        default: 0,
        description: "Seconds to wait for a file that is still being fetched.",
      }),
    ),
  },
  strict,
);
const LinkInput = Type.Object(
  {
    expires_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: (30 * day) / second,
        default: hour / second,
        description: "How long the link is good.",
      }),
    ),
  },
  { ...strict, title: "NewMediaLink", examples: [{ expires_in_seconds: 3_600 }] },
);
const LinkJson = Type.Object(
  {
    url: Type.String({ examples: ["https://home.example/wa/api/v1/media/msg_Ab3dE6gH.t5x2k0.Qk1…"] }),
    expires_at: Time("When it is no longer good."),
  },
  { title: "MediaLink" },
);
const linkParameter = Type.Object({
  token: Type.String({ maxLength: 100, description: "As it was given.", examples: ["msg_Ab3dE6gH.t5x2k0.Qk1…"] }),
});

const File = Type.String({ description: "The file's bytes." });
const responses = {
  200: File,
  206: Type.String({ description: "The range that was asked for." }),
  304: Type.Void({ description: "It is the one that you have." }),
};
const types = ["application/octet-stream", "image/*", "audio/*", "video/*"];
const aboutFiles =
  "Comes from the disk as it is, whole or one range of it (`Range`), with an `ETag`. Its type is the sender's where that can do no harm, else `application/octet-stream`. 409 while it is not here yet, with a sentence that says why; 404 when WhatsApp and the phone have it no more.";

export function mediaRoutes({ services, operation, linkTo }: Resource) {
  const { media, mediaLinks, clock } = services;
  const { ownMessage } = createMessageAccess(services);

  async function answer(call: Call, message: Message, seconds: number, extra: Record<string, string> = {}) {
    const file = await media.open(message, { ms: seconds * second, until: call.waits(seconds) });
    return fileAnswer(call, { ...file, fileName: nameOfFile(file, services.ids.show("message", message.id)) }, extra);
  }

  return routes()
    .get(
      "/messages/:id/media",
      async ({ params, query, call }) => answer(call, await ownMessage(call, params.id), query.wait ?? 0),
      operation(
        {
          id: "getMessageMedia",
          summary: "The file of a message",
          description: `${aboutFiles} A file that is not fetched by itself (too large, or the session's \`media_download\` is off) is fetched because you ask for it.`,
          access: "read",
          faults: ["not_found", "conflict", "range_not_satisfiable"],
          types,
        },
        { params: idParameter("message", "message"), query: WaitQuery, response: responses },
      ),
    )
    .post(
      "/messages/:id/media-url",
      async ({ params, body, call, status }) => {
        const message = await ownMessage(call, params.id);
        media.contentOf(message);
        const lastsMs = body.expires_in_seconds === undefined ? hour : body.expires_in_seconds * second;
        const { token, until } = mediaLinks.make({ messageId: message.id, until: clock.now() + lastsMs });
        return status(201, { url: linkTo(call, `/api/v1/media/${token}`), expires_at: isoTime(until) });
      },
      operation(
        {
          id: "createMediaUrl",
          summary: "A link to the file of a message",
          description:
            "Whoever has the link gets this file, without a key, until it is over; nothing else. For a browser, or a service that fetches it for you.",
          access: "read",
          faults: ["not_found"],
          bodyIsOptional: true,
        },
        { params: idParameter("message", "message"), body: LinkInput, response: { 201: LinkJson } },
      ),
    )
    .get(
      "/media/:token",
      async ({ params, query, call }) => {
        const { message, until } = await mediaLinks.find(params.token);
        const left = Math.floor((until - clock.now()) / second);
        return answer(call, message, query.wait ?? 0, {
          "Cache-Control": `private, max-age=${left}`,
          "Cross-Origin-Resource-Policy": "cross-origin",
        });
      },
      operation(
        {
          id: "getLinkedMedia",
          summary: "A file, by its link",
          description: aboutFiles,
          access: "public",
          faults: ["not_found", "forbidden", "conflict", "range_not_satisfiable"],
          types,
        },
        { params: linkParameter, query: WaitQuery, response: responses },
      ),
    );
}
