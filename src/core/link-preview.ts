// Previews of links: which link a text has, and what a page says of itself. Fetching the page is somebody else's.

/** What a page tells; `image` is an address, still to be fetched. */
export type PageFacts = { title: string | null; description: string | null; image: string | null };

const linkForm = /https?:\/\/[^\s<>"]+/i;
const maxTitle = 300;
const maxDescription = 600;

/** The first one, as it stands in the text; null where there is none. */
export function findLink(text: string): string | null {
  const [found] = linkForm.exec(text) ?? [];
  if (found === undefined) return null;
  const link = withoutPunctuation(found);
  return URL.canParse(link) ? link : null;
}

/** What ends a sentence does not belong to a link; neither does a bracket that was opened before it. */
function withoutPunctuation(link: string): string {
  const trimmed = link.replace(/[.,;:!?'*_~]+$/, "");
  const isClosedOnly = trimmed.endsWith(")") && trimmed.split("(").length < trimmed.split(")").length;
  return isClosedOnly ? withoutPunctuation(trimmed.slice(0, -1)) : trimmed;
}

/** `html` may be cut off anywhere. `address` is where the page was in the end, for what it names in relation to it. */
export async function readPage(html: string, address: string): Promise<PageFacts> {
  const told = new Map<string, string>();
  let title = "";
  let titles = 0;
  const rewriter = new HTMLRewriter()
    .on("meta", {
      element(meta) {
        const name = (meta.getAttribute("property") ?? meta.getAttribute("name") ?? "").trim().toLowerCase();
        const content = plain(meta.getAttribute("content") ?? "");
        if (content !== "" && !told.has(name)) told.set(name, content);
      },
    })
    // Pictures within the page may have titles, too.
    .on("title", {
      element() {
        titles += 1;
      },
      text({ text }) {
        if (titles === 1 && title.length <= maxTitle * 8) title += text;
      },
    });
  await rewriter.transform(new Response(html)).text();
  const first = (...names: string[]) => names.map((name) => told.get(name)).find((one) => one !== undefined) ?? null;
  return {
    title: shortened(first("og:title", "twitter:title") ?? plain(title), maxTitle),
    description: shortened(first("og:description", "twitter:description", "description"), maxDescription),
    image: resolved(first("og:image:secure_url", "og:image:url", "og:image", "twitter:image"), address),
  };
}

function shortened(text: string | null, most: number): string | null {
  if (text === null || text === "") return null;
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

/** Only what can be asked for over the web. */
function resolved(image: string | null, address: string): string | null {
  if (image === null || !URL.canParse(image, address)) return null;
  const { protocol, href } = new URL(image, address);
  return protocol === "https:" || protocol === "http:" ? href : null;
}

const entities: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  laquo: "«",
  raquo: "»",
  middot: "·",
  bull: "•",
  copy: "©",
  reg: "®",
  trade: "™",
};

/** The rewriter hands out what is written; a reader sees characters, and one blank where there are many. */
function plain(text: string): string {
  return text
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    })
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .toWellFormed();
}
