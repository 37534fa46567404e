// What it means when WhatsApp refuses a message.

/** What WhatsApp's codes mean to whoever wanted to write. */
const sentences: Record<string, string> = {
  "463": "WhatsApp does not let this number write to people it has not talked with, for now.",
  "479": "WhatsApp refused the message as malformed.",
  "403": "This number may not write here.",
  "404": "There is nobody at this address.",
  "429": "WhatsApp wants this number to send more slowly.",
};

export function refusalOf(code: string): { code: string; sentence: string } {
  return { code, sentence: sentences[code] ?? `WhatsApp refused the message (${code}).` };
}
