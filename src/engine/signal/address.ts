// Where the state of a device is filed: by user, domain and device, as libsignal names it.
import { jidDecode } from "@whiskeysockets/baileys";

/** `digits.device` for a phone number, `digits_1.device` for a LID, 128 and 129 for hosted ones. */
export function addressOf(jid: string): string {
  const { user, device = 0, domainType = 0 } = jidDecode(jid) ?? { user: "" };
  if (user === "") throw new Error("a JID without a user");
  return `${userOf(user, domainType)}.${device}`;
}

export function userOf(user: string, domainType: number): string {
  return domainType === 0 ? user : `${user}_${domainType}`;
}

export const lidDomain = 1;
