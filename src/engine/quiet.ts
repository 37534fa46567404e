// libsignal prints whole sessions, private keys included, to the console, and other libraries say what nobody asked:
// imported before any of them, this takes the console away. The gateway itself logs elsewhere.

const silence = () => {};
Object.assign(globalThis.console, { log: silence, info: silence, warn: silence, error: silence, debug: silence });
