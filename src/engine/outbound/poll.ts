// Polls: what can be chosen from, and how much of it.
import type { proto } from "@whiskeysockets/baileys";
import type { Content } from "../../core/content.ts";
import { WaygateError } from "../../core/errors.ts";
import type { Pen } from "./compose.ts";

const fewest = 2;
const most = 12;
const questionCharacters = 255;
const optionCharacters = 100;

/** `selectable` 0 is as many as one likes. */
export function pollMessage(poll: Extract<Content, { kind: "poll" }>, { contextInfo }: Pen): proto.IMessage {
  const fault = faultIn(poll);
  if (fault !== null) throw new WaygateError("invalid", fault);
  const { question, options, selectable } = poll;
  const written = {
    name: question,
    selectableOptionsCount: selectable,
    options: options.map((optionName) => ({ optionName })),
    contextInfo,
  };
  // WhatsApp has a field of its own for polls with one choice.
  return selectable === 1 ? { pollCreationMessageV3: written } : { pollCreationMessage: written };
}

function faultIn({ question, options, selectable }: Extract<Content, { kind: "poll" }>): string | null {
  if (question === "" || question.length > questionCharacters)
    return `A poll needs a question of at most ${questionCharacters} characters.`;
  if (options.length < fewest || options.length > most) return `A poll needs ${fewest} to ${most} options.`;
  if (options.some((option) => option === "" || option.length > optionCharacters))
    return `An option of a poll has 1 to ${optionCharacters} characters.`;
  // Votes name an option by its hash.
  if (new Set(options).size < options.length) return "The options of a poll must differ.";
  if (!Number.isInteger(selectable) || selectable < 0 || selectable > options.length)
    return "Of a poll's options, 0 (any number) up to all of them may be selectable.";
  return null;
}
