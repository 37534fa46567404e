// WhatsApp's token tables: besides the protobuf definitions the one thing that is taken from Baileys.
import { DOUBLE_BYTE_TOKENS, SINGLE_BYTE_TOKENS } from "@whiskeysockets/baileys/lib/WABinary/constants.js";

export const firstDictionary = 236;
export const singleTokens: readonly string[] = SINGLE_BYTE_TOKENS;
export const doubleTokens: readonly (readonly string[])[] = DOUBLE_BYTE_TOKENS;

/** One byte, or a dictionary and a place in it. */
export const tokenCodes: ReadonlyMap<string, Buffer> = new Map(
  [
    ...doubleTokens.flatMap((tokens, dictionary) =>
      tokens.map((token, place): [string, Buffer] => [token, Buffer.of(firstDictionary + dictionary, place)]),
    ),
    ...singleTokens.map((token, place): [string, Buffer] => [token, Buffer.of(place)]),
  ].filter(([token]) => token !== ""),
);
