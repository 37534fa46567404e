// The network's clock: the machine's, moved by as much as somebody asks for.

export type NetworkClock = { now(): number; advance(ms: number): void };

export function createNetworkClock(): NetworkClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance(ms) {
      offset += ms;
    },
  };
}
