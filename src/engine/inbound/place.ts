// Where somebody is, for once or for as long as they share it.
import type { proto } from "@whiskeysockets/baileys";
import { type Said, said, unsupported } from "./finding.ts";

type Place = {
  degreesLatitude?: number | null;
  degreesLongitude?: number | null;
  contextInfo?: proto.IContextInfo | null;
};
type Named = { type: string; name: string | null; address: string | null; isLive: boolean };

export function readLocation(location: proto.Message.ILocationMessage): Said {
  return saidOf(location, {
    type: "locationMessage",
    name: location.name || location.comment || null,
    address: location.address || null,
    isLive: location.isLive === true,
  });
}

export function readLiveLocation(location: proto.Message.ILiveLocationMessage): Said {
  const name = location.caption || null;
  return saidOf(location, { type: "liveLocationMessage", name, address: null, isLive: true });
}

function saidOf(place: Place, { type, ...named }: Named): Said {
  const [latitude, longitude] = [place.degreesLatitude ?? Number.NaN, place.degreesLongitude ?? Number.NaN];
  const isSomewhere = Number.isFinite(latitude) && Number.isFinite(longitude);
  if (!isSomewhere) return unsupported(type, place.contextInfo, named.name, named.address);
  return said({ kind: "location", latitude, longitude, ...named }, place.contextInfo);
}
