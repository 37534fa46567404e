// PUT /api/v1/media: files that are to be sent, brought as they are.
import { Type } from "@sinclair/typebox";
import { isoTime } from "../../core/clock.ts";
import { fileNameIn } from "../../core/disposition.ts";
import { type Call, principalOf } from "../call.ts";
import { HttpFault } from "../faults.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { Id, strict, Time } from "./shapes.ts";

const UploadQuery = Type.Object(
  {
    file_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: "How the file is called; `Content-Disposition` may say it as well.",
        examples: ["bill.pdf"],
      }),
    ),
  },
  strict,
);
const UploadJson = Type.Object(
  {
    id: Id("upload", "What a message names it by."),
    bytes: Type.Integer({ examples: [48_213] }),
    mime_type: Type.String({ description: "The request's `Content-Type`.", examples: ["application/pdf"] }),
    file_name: Type.Union([Type.String(), Type.Null()], { examples: ["bill.pdf"] }),
    sha256: Type.String({
      description: "Of the file, in hex.",
      examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    }),
    expires_at: Time("When it is removed."),
  },
  { title: "Upload" },
);

export function uploadRoutes({ services, operation }: Resource) {
  const { uploads, ids } = services;
  return routes().put(
    "/media",
    async ({ query, call, status }) => {
      const { headers, body } = call.request;
      const facts = {
        mimeType: typeIn(call),
        fileName: nameFor(query.file_name ?? fileNameIn(headers.get("content-disposition"))),
        announced: Number(headers.get("content-length") ?? 0),
      };
      const upload = await uploads.take(principalOf(call).account.id, body, facts);
      return status(201, {
        id: ids.show("upload", upload.id),
        bytes: upload.bytes,
        mime_type: upload.mimeType,
        file_name: upload.fileName,
        sha256: upload.sha256,
        expires_at: isoTime(upload.expiresAt),
      });
    },
    operation(
      {
        id: "uploadMedia",
        summary: "Upload a file",
        description:
          "The file itself as the body, of any type, streamed to the disk. It can be sent within 24 hours, as often as you like, and is removed then. The largest is set by `media_max_mb` (256 MB unless it is said otherwise), and what an account's uploads may take together by `uploads_total_mb` (4,096).",
        access: "send",
        takesFile: true,
      },
      { query: UploadQuery, response: { 201: UploadJson } },
    ),
  );
}

const usualType = "application/octet-stream";
const form = "application/x-www-form-urlencoded";
const typePattern = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}(\s*;[\x20-\x7e]{0,100})?$/i;

function typeIn({ request }: Call): string {
  const type = request.headers.get("content-type")?.trim() ?? usualType;
  if (/^multipart\/form-data\b/i.test(type)) {
    throw new HttpFault("unsupported_media_type", "Give the file itself as the body, not a form with the file in it.");
  }
  // What curl says of any body when nobody tells it what it is.
  const isTold = typePattern.test(type) && !type.toLowerCase().startsWith(form);
  return isTold ? type : usualType;
}

/** Its last part alone, without what no name has. */
function nameFor(given: string | null): string | null {
  const name = given
    ?.toWellFormed()
    .split(/[/\\]/)
    .at(-1)
    ?.replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim()
    .slice(0, 255);
  return name === undefined || name === "" || /^\.+$/.test(name) ? null : name;
}
