// Accounts: who owns numbers, keys and messages here, and the rules a name and a role must fit.
import { Type } from "@sinclair/typebox";
import { OneOf } from "./one-of.ts";

/** In the order of their codes in the database; only ever added to. */
export const roles = ["user", "admin"] as const;
export type Role = (typeof roles)[number];

export const Role = OneOf(roles, {
  description: "`admin` may manage accounts, plans and the installation; `user` sees only what is its own.",
});

export const Username = Type.String({
  minLength: 2,
  maxLength: 64,
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$",
  description: "2 to 64 letters, digits, dots, dashes or underscores; letter case does not matter.",
});

export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: "^[^@\\s<>()]+@[^@\\s<>()]+$",
  description: "Works as the user name at login.",
});

/** The schema only bounds the length; what makes a password good is in `passwords.ts`. */
export const Password = Type.String({ minLength: 1, maxLength: 256 });

export const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "By its IANA name: at midnight there the messages of a day begin anew.",
  examples: ["Europe/Berlin"],
});

export type Account = {
  id: number;
  username: string;
  email: string | null;
  role: Role;
  planId: number;
  planName: string;
  hasPassword: boolean;
  disabledAt: number | null;
  createdAt: number;
  /** Where its days begin, by its IANA name. */
  timeZone: string;
};

export const defaultAdminName = "admin";
