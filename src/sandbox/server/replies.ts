// Answers to requests: matched by their id alone.
import { type Node, node } from "../wire/node.ts";

export function result(request: Node, content?: Node[]): Node {
  const attrs = { from: request.attrs.to ?? "@s.whatsapp.net", type: "result", id: request.attrs.id };
  return content === undefined ? node("iq", attrs) : node("iq", attrs, content);
}

export function refusal(request: Node, code: number, text: string): Node {
  const attrs = { from: request.attrs.to ?? "@s.whatsapp.net", type: "error", id: request.attrs.id };
  return node("iq", attrs, [node("error", { code: String(code), text })]);
}
