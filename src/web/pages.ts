// The pages of the program, embedded.
import setupStyle from "./setup.css" with { type: "text" };
import setupPage from "./setup.html" with { type: "text" };
import setupScript from "./setup.js" with { type: "text" };

export type WebPage = { type: string; content: string; policy?: string };

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const setupPages: ReadonlyMap<string, WebPage> = new Map([
  ["/setup", { type: "text/html; charset=utf-8", content: setupPage as unknown as string, policy }],
  ["/setup/style.css", { type: "text/css; charset=utf-8", content: setupStyle as unknown as string }],
  ["/setup/page.js", { type: "text/javascript; charset=utf-8", content: setupScript as unknown as string }],
]);
