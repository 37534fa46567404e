// WhatsApp's protobuf definitions, as Baileys carries them.
export { proto } from "@whiskeysockets/baileys/WAProto/index.js";
