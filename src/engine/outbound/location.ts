// Places on the map.
import type { proto } from "@whiskeysockets/baileys";
import type { Content } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Pen } from "./compose.ts";

export function locationMessage(place: Extract<Content, { kind: "location" }>, { contextInfo }: Pen): proto.IMessage {
  const { latitude, longitude, name, address, isLive } = place;
  if (isLive) throw new WaygateError("invalid", "A live location can only be sent from a phone.");
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw new WaygateError("invalid", "A location needs a latitude from -90 to 90 and a longitude from -180 to 180.");
  }
  return {
    locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude, name, address, contextInfo },
  };
}
