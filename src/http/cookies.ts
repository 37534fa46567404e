// The dashboard's cookie: out of reach for scripts, sent to our own pages only, bound to the public URL's path.

export type Cookies = {
  set(token: string, expiresAt: number, isSecure: boolean): string;
  clear(isSecure: boolean): string;
  read(header: string | null): string | null;
};

const plainName = "waygate";
/** Browsers take a name that begins like this over HTTPS only. */
const secureName = "__Secure-waygate";

export function createCookies(path: string): Cookies {
  const cookie = (value: string, expires: Date, isSecure: boolean) =>
    [
      `${isSecure ? secureName : plainName}=${value}`,
      `Path=${path}`,
      `Expires=${expires.toUTCString()}`,
      "HttpOnly",
      "SameSite=Lax",
      ...(isSecure ? ["Secure"] : []),
    ].join("; ");
  return {
    set: (token, expiresAt, isSecure) => cookie(token, new Date(expiresAt), isSecure),
    clear: (isSecure) => cookie("", new Date(0), isSecure),
    read(header) {
      if (header === null) return null;
      const values = new Map(header.split(";").map((part) => splitOnce(part.trim(), "=")));
      return values.get(secureName) ?? values.get(plainName) ?? null;
    },
  };
}

function splitOnce(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}
