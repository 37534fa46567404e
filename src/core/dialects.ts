// Other people's APIs that the gateway answers to, by name; each can be switched off.

export const dialectNames = ["wapiconnect", "clients", "envelope"] as const;
export type DialectName = (typeof dialectNames)[number];
