// Every setting there is, once: what it is for, what is allowed, what it is when nobody says.
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { parseNetwork } from "./core/addresses.ts";
import { dialectNames } from "./core/dialects.ts";
import { isOperatorKey } from "./core/key.ts";
import { logLevels } from "./core/log.ts";
import { OneOf } from "./core/one-of.ts";
import { parseMasterKey } from "./core/sealing.ts";

const optional = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()], { default: null });

export type Setting = {
  schema: TSchema;
  about: string;
  /** What to say when a value is refused. */
  allowed: string;
  check?: (value: string) => boolean;
  secret?: true;
};

// The order is that of `waygate --help`.
export const settings = {
  host: {
    schema: Type.String({ minLength: 1, default: "127.0.0.1" }),
    about: "Address to listen on; 0.0.0.0 for every network.",
    allowed: "an address or a host name",
    check: (value: string) => /^[A-Za-z0-9.:_-]+$/.test(value),
  },
  port: {
    schema: Type.Integer({ minimum: 0, maximum: 65_535, default: 7001 }),
    about: "Port to listen on; 0 takes a free one.",
    allowed: "a whole number from 0 to 65535",
  },
  dataDir: {
    schema: Type.String({ minLength: 1, default: "./data" }),
    about: "Where everything is kept: database, keys, media, backups.",
    allowed: "a folder",
  },
  publicUrl: {
    schema: optional(Type.String()),
    about: "The address people reach it by, with its path if it has one.",
    allowed: "an http or https address without a query, like https://home.example/wa",
    check: isPublicUrl,
  },
  trustedProxies: {
    schema: Type.Array(Type.String(), { default: [] }),
    about: "Proxies whose X-Forwarded-* headers count.",
    allowed: "addresses or networks separated by commas, like 127.0.0.1,10.0.0.0/8",
    check: (value: string) => parseNetwork(value) !== null,
  },
  corsOrigins: {
    schema: Type.Array(Type.String(), { default: [] }),
    about: "Web origins that may call the API from a browser, or *.",
    allowed: "origins separated by commas, like https://app.example, or *",
    check: (value: string) => value === "*" || isOrigin(value),
  },
  dialects: {
    schema: Type.Array(Type.String(), { default: [...dialectNames] }),
    about: "Other people's APIs to answer to as well.",
    allowed: `none, or some of ${dialectNames.join(", ")}, separated by commas`,
    check: (value: string) => value === "none" || dialectNames.some((name) => name === value),
  },
  clientsSensitivePerHour: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 5 }),
    about: "Clients API: key resets and deletions per hour from one address.",
    allowed: "a whole number from 1 to 1000000",
  },
  clientsDeletionsPerQuarter: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10 }),
    about: "Clients API: schedules cancelled per 15 minutes from one address.",
    allowed: "a whole number from 1 to 1000000",
  },
  clientsSendsPerQuarter: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 100 }),
    about: "Clients API: messages sent with a key per 15 minutes, by account.",
    allowed: "a whole number from 1 to 1000000",
  },
  clientsChatPerMinute: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 60 }),
    about: "Clients API: requests of its chat routes per minute, by account.",
    allowed: "a whole number from 1 to 1000000",
  },
  registration: {
    schema: OneOf(["closed", "invite", "open"], { default: "closed" }),
    about: "Who may make an account: nobody, the invited, everybody.",
    allowed: "closed, invite or open",
  },
  adminUsername: {
    schema: optional(Type.String()),
    about: "First start without a browser: the admin's name (admin).",
    allowed: "2 to 64 letters, digits, dots, dashes or underscores",
    check: (value: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{1,63}$/.test(value),
  },
  adminPassword: {
    schema: optional(Type.String()),
    about: "First start without a browser: the admin's password.",
    allowed: "1 to 256 characters",
    check: (value: string) => value.length <= 256,
    secret: true,
  },
  adminApiKey: {
    schema: optional(Type.String()),
    about: "First start without a browser: a key with exactly this value.",
    allowed: "16 to 200 printable characters without spaces (a wg_live_ key must be whole)",
    check: isOperatorKey,
    secret: true,
  },
  masterKey: {
    schema: optional(Type.String()),
    about: "Seals the secrets in the database; else data/master.key does.",
    allowed: "64 hex digits or 32 bytes in base64",
    check: (value: string) => parseMasterKey(value) !== null,
    secret: true,
  },
  masterKeyPrevious: {
    schema: optional(Type.String()),
    about: "The master key before this one, while both are in use.",
    allowed: "64 hex digits or 32 bytes in base64",
    check: (value: string) => parseMasterKey(value) !== null,
    secret: true,
  },
  allowPrivateUrls: {
    schema: Type.Array(Type.String(), { default: [] }),
    about: "Private hosts and networks that webhooks, media and proxies may reach.",
    allowed: "host names, addresses or networks separated by commas, like nas.lan,192.168.1.0/24",
    check: isHostOrNetwork,
  },
  loginDays: {
    schema: Type.Integer({ minimum: 1, maximum: 365, default: 30 }),
    about: "Days until a login in the browser ends.",
    allowed: "a whole number from 1 to 365",
  },
  addressRequestsPerMinute: {
    schema: Type.Integer({ minimum: 10, maximum: 1_000_000, default: 3_000 }),
    about: "Requests per minute one address may make without a valid credential.",
    allowed: "a whole number from 10 to 1000000",
  },
  bodyLimitKb: {
    schema: Type.Integer({ minimum: 16, maximum: 65_536, default: 1_024 }),
    about: "The largest JSON body, in kilobytes.",
    allowed: "a whole number from 16 to 65536",
  },
  mediaMaxMb: {
    schema: Type.Integer({ minimum: 1, maximum: 2_048, default: 256 }),
    about: "The largest file to fetch by itself, or to upload, in megabytes.",
    allowed: "a whole number from 1 to 2048",
  },
  mediaTotalMb: {
    schema: Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0 }),
    about: "All files of messages, in megabytes: the oldest go first; 0 keeps all.",
    allowed: "a whole number from 0 to 1000000000",
  },
  uploadsTotalMb: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 4_096 }),
    about: "One account's uploads together, in megabytes.",
    allowed: "a whole number from 1 to 1000000000",
  },
  eventDays: {
    schema: Type.Integer({ minimum: 1, maximum: 3_650, default: 30 }),
    about: "Days events are kept: how far back whoever was away can catch up.",
    allowed: "a whole number from 1 to 3650",
  },
  deliveryDays: {
    schema: Type.Integer({ minimum: 1, maximum: 3_650, default: 30 }),
    about: "Days the log of webhook deliveries is kept.",
    allowed: "a whole number from 1 to 3650",
  },
  deliveryBodyDays: {
    schema: Type.Integer({ minimum: 1, maximum: 3_650, default: 7 }),
    about: "Days the bodies in that log are kept.",
    allowed: "a whole number from 1 to 3650",
  },
  ffmpeg: {
    schema: optional(Type.String({ minLength: 1 })),
    about: "An ffmpeg, to make what WhatsApp plays of what it does not.",
    allowed: "a program, like /usr/bin/ffmpeg",
  },
  shutdownGraceSeconds: {
    schema: Type.Integer({ minimum: 0, maximum: 600, default: 10 }),
    about: "How long requests under way may take once it is told to stop.",
    allowed: "a whole number from 0 to 600",
  },
  logLevel: {
    schema: OneOf(logLevels, { default: "info" }),
    about: "The least important lines to log.",
    allowed: "debug, info, warn or error",
  },
  logFormat: {
    schema: OneOf(["auto", "json", "text"], { default: "auto" }),
    about: "Log lines for programs or for people; auto looks for a terminal.",
    allowed: "auto, json or text",
  },
  sandbox: {
    schema: Type.Boolean({ default: false }),
    about: "Run on a WhatsApp network of its own, with no phone; its data lies apart.",
    allowed: "true or false",
  },
  waUrl: {
    schema: optional(Type.String()),
    about: "Another WhatsApp network: its socket.",
    allowed: "a ws or wss address",
    check: (value: string) => isUrlOf(value, ["ws:", "wss:"]),
  },
  waRootKey: {
    schema: optional(Type.String()),
    about: "Another WhatsApp network: the key that signs its certificates.",
    allowed: "64 hex digits",
    check: (value: string) => /^[0-9a-f]{64}$/i.test(value),
  },
  waCa: {
    schema: optional(Type.String()),
    about: "Another WhatsApp network: the CA of its media hosts.",
    allowed: "a PEM file",
  },
  waVersion: {
    schema: optional(Type.String()),
    about: "The web version to present, if WhatsApp refuses this one's.",
    allowed: "three numbers with dots, like 2.3000.1043857760",
    check: (value: string) => /^\d{1,4}\.\d{1,6}\.\d{1,12}$/.test(value),
  },
  waKeepAliveSeconds: {
    schema: Type.Integer({ minimum: 1, maximum: 60, default: 25 }),
    about: "Seconds between signs of life to WhatsApp; a dead line shows in two.",
    allowed: "a whole number from 1 to 60",
  },
  waMediaHost: {
    schema: optional(Type.String()),
    about: "Another WhatsApp network: its media host, if it names none.",
    allowed: "host or host:port",
    check: (value: string) => /^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(value),
  },
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type Config = { [N in SettingName]: Static<(typeof settings)[N]["schema"]> };
export const settingNames = Object.keys(settings) as SettingName[];

/** A setting that fits its schema and still cannot be used here; whoever knows where it was set says so. */
export class SettingFault extends Error {
  readonly setting: SettingName;
  constructor(setting: SettingName, sentence: string) {
    super(sentence);
    this.setting = setting;
  }
}

/** One name in three spellings: `--data-dir`, `data_dir` in the file, `WAYGATE_DATA_DIR`. */
export const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
export const keyOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const variableOf = (name: string) => `WAYGATE_${keyOf(name).toUpperCase()}`;

function isUrlOf(value: string, protocols: string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

function isPublicUrl(value: string): boolean {
  if (!isUrlOf(value, ["http:", "https:"])) return false;
  const { search, hash, username, password } = new URL(value);
  return search === "" && hash === "" && username === "" && password === "";
}

function isOrigin(value: string): boolean {
  return isUrlOf(value, ["http:", "https:"]) && new URL(value).origin === value;
}

function isHostOrNetwork(value: string): boolean {
  return (
    parseNetwork(value) !== null ||
    (/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value) && !/^[\d.]+$/.test(value))
  );
}
