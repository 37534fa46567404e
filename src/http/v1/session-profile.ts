// /api/v1/sessions/…/me and …/profile: who a linked number is on WhatsApp, and what it shows of itself.
import { type Static, Type } from "@sinclair/typebox";
import { invalidField } from "../../core/errors.ts";
import { jpegSize } from "../../core/jpeg.ts";
import type { Profile } from "../../core/ports.ts";
import type { Session } from "../../core/session.ts";
import { routes } from "../surface.ts";
import type { Resource } from "./resource.ts";
import { createSessionAccess } from "./session-access.ts";
import { sessionParameter, showPhone } from "./session-shapes.ts";
import { strict } from "./shapes.ts";

const orNull = (description: string, examples: unknown[]) =>
  Type.Union([Type.String(), Type.Null()], { description, examples });

const ProfileJson = Type.Object(
  {
    phone: orNull("The number.", ["+4915123456789"]),
    lid: orNull("Its LID, digits alone.", ["603168028046026"]),
    jid: orNull("WhatsApp's own address for it.", ["4915123456789@s.whatsapp.net"]),
    device: Type.Union([Type.Integer(), Type.Null()], {
      description: "Which of the number's devices the gateway is; the phone is 0.",
      examples: [3],
    }),
    display_name: orNull("Shown to others.", ["The shop"]),
    about: orNull("What it says about itself.", ["Open from nine to five."]),
    picture_url: orNull("Where WhatsApp keeps the picture, for some time.", [null]),
    platform: orNull("What the phone runs, as WhatsApp calls it.", ["android"]),
  },
  { title: "SessionProfile" },
);

const ProfileInput = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 25, description: "Shown to others." })),
    about: Type.Optional(
      Type.String({ maxLength: 139, description: "What it says about itself; empty takes it away." }),
    ),
  },
  { ...strict, title: "SessionProfileChanges", examples: [{ name: "The shop", about: "Open from nine to five." }] },
);

const maxPictureBytes = 500 * 1024;
const maxPixels = 40_000_000;
const PictureInput = Type.Object(
  {
    picture: Type.Union(
      [
        Type.String({
          minLength: 4,
          maxLength: Math.ceil(maxPictureBytes / 3) * 4,
          pattern: "^[A-Za-z0-9+/]+={0,2}$",
          description: "A JPEG of at most 500 KB, in base64.",
        }),
        Type.Null(),
      ],
      { description: "A JPEG of at most 500 KB, in base64; null takes the picture away." },
    ),
  },
  { ...strict, title: "SessionPicture", examples: [{ picture: null }] },
);

export function sessionProfileRoutes({ services, operation }: Resource) {
  const { sessionAsks } = services;
  const { own } = createSessionAccess(services);
  const params = sessionParameter;

  return routes()
    .get(
      "/sessions/:id/me",
      async ({ params, call }) => {
        const session = await own(call, params.id);
        return profileJson(session, await sessionAsks.profile(session));
      },
      operation(
        {
          id: "getSessionProfile",
          summary: "Who the number is",
          description: "Who the linked number is on WhatsApp, asked there just now. Needs a connected session.",
          access: "read",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, response: { 200: ProfileJson } },
      ),
    )
    .patch(
      "/sessions/:id/profile",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        return profileJson(session, await sessionAsks.changeProfile(session, body));
      },
      operation(
        {
          id: "updateSessionProfile",
          summary: "Change the profile",
          description: "Changes the name or the words about it that everybody on WhatsApp sees.",
          access: "manage",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, body: ProfileInput, response: { 200: ProfileJson } },
      ),
    )
    .put(
      "/sessions/:id/profile/picture",
      async ({ params, body, call }) => {
        const session = await own(call, params.id);
        return profileJson(session, await sessionAsks.setPicture(session, readPicture(body)));
      },
      operation(
        {
          id: "setSessionPicture",
          summary: "Change the profile picture",
          description: "Sets the picture that others see, or takes it away.",
          access: "manage",
          faults: ["not_found", "conflict", "unavailable"],
        },
        { params, body: PictureInput, response: { 200: ProfileJson } },
      ),
    );
}

function readPicture({ picture }: Static<typeof PictureInput>): Uint8Array | null {
  if (picture === null) return null;
  const bytes = Buffer.from(picture, "base64");
  const size = jpegSize(bytes);
  if (size === null) throw invalidField("/picture", "This is not a JPEG.");
  if (size.width * size.height > maxPixels) throw invalidField("/picture", "This picture has more than 40 megapixels.");
  return bytes;
}

function profileJson({ identity }: Session, profile: Profile): Static<typeof ProfileJson> {
  return {
    phone: showPhone(identity?.phone ?? null),
    lid: identity?.lid ?? null,
    jid: identity === null ? null : `${identity.phone}@s.whatsapp.net`,
    device: identity?.device ?? null,
    display_name: profile.displayName ?? identity?.displayName ?? null,
    about: profile.about,
    picture_url: profile.pictureUrl,
    platform: identity?.platform ?? null,
  };
}
