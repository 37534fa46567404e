// /docs: Swagger UI from the program itself, with no request to anywhere else.
// Everything it names is relative, so that it works below whatever path a proxy puts it.

import styles from "swagger-ui-dist/swagger-ui.css" with { type: "text" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "text" };
import type { Page } from "./pages.ts";

/** Swagger UI sets styles from its script, which needs no leave, and data: images. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waygate API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/own.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** No column for links, which there are none of; whole keys to be seen; narrow screens. */
const ownStyles = `.swagger-ui .response-col_links { display: none; }
.swagger-ui .auth-container input[type="text"] { width: 100%; max-width: none; }
html.dark-mode .swagger-ui .header-col { color: #e4e6e6; }
@media (max-width: 640px) {
  .swagger-ui .opblock-tag { flex-wrap: wrap; }
  .swagger-ui .opblock-tag small { flex: 1 1 100%; order: 1; padding: 0; }
  .swagger-ui .filter .operation-filter-input { max-width: none; }
}
`;

const start = `const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  validatorUrl: null,
});
`;

const script = "text/javascript; charset=utf-8";

export const docsPages: ReadonlyMap<string, Page> = new Map([
  ["/docs", { type: "text/html; charset=utf-8", content: html, policy }],
  ["/docs/swagger-ui.css", { type: "text/css; charset=utf-8", content: styles as unknown as string }],
  ["/docs/swagger-ui-bundle.js", { type: script, content: bundle as unknown as string }],
  ["/docs/own.css", { type: "text/css; charset=utf-8", content: ownStyles }],
  ["/docs/start.js", { type: script, content: start }],
]);
