// Events that people in a chat can say whether they come to.
import type { proto } from "@whiskeysockets/baileys";
import { second } from "../../core/clock.ts";
import type { Content } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Pen } from "./compose.ts";

export function eventMessage(event: Extract<Content, { kind: "event" }>, { contextInfo }: Pen): proto.IMessage {
  const { name, description, startsAt, location } = event;
  if (name === "" || startsAt === null)
    throw new WaygateError("invalid", "An event needs a name and the time it starts.");
  return {
    eventMessage: {
      name,
      description,
      startTime: Math.floor(startsAt / second),
      location: location === null ? null : { name: location },
      isCanceled: event.isCancelled === true,
      contextInfo,
    },
  };
}
