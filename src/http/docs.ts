// /docs: Swagger UI from the program itself, with no request to anywhere else.
// Everything it names is relative, so that it works below whatever path a proxy puts it.

import styles from "swagger-ui-dist/swagger-ui.css" with { type: "text" };
import bundle from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "text" };
import type { Page } from "./pages.ts";

/** Swagger UI sets style attributes and data: images; scripts come from here alone. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Waygate API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const start = `window.ui = SwaggerUIBundle({
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
  ["/docs/start.js", { type: script, content: start }],
]);
