// Answers to buttons, lists and forms: what was chosen, by the id it was offered with, and how it was called.
import type { proto } from "@whiskeysockets/baileys";
import { type Said, said } from "./finding.ts";

export function readButtonChoice(choice: proto.Message.IButtonsResponseMessage): Said {
  return chosen(choice.selectedButtonId, choice.selectedDisplayText, choice.contextInfo);
}

export function readTemplateChoice(choice: proto.Message.ITemplateButtonReplyMessage): Said {
  return chosen(choice.selectedId, choice.selectedDisplayText, choice.contextInfo);
}

export function readListChoice(choice: proto.Message.IListResponseMessage): Said {
  return chosen(choice.singleSelectReply?.selectedRowId, choice.title || choice.description, choice.contextInfo);
}

export function readInteractiveChoice(choice: proto.Message.IInteractiveResponseMessage): Said {
  const { body, nativeFlowResponseMessage: flow, contextInfo } = choice;
  return chosen(idIn(flow?.paramsJson), body?.text || flow?.paramsJson || flow?.name, contextInfo);
}

type Text = string | null | undefined;

function chosen(id: Text, text: Text, about: proto.IContextInfo | null | undefined): Said {
  return said({ kind: "choice", id: id || null, text: text ?? "" }, about);
}

function idIn(json: Text): string | null {
  try {
    const params: unknown = JSON.parse(json ?? "");
    const isThere = typeof params === "object" && params !== null && "id" in params;
    return isThere && typeof params.id === "string" ? params.id : null;
  } catch {
    return null;
  }
}
