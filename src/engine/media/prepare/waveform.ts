// The waveform of a voice note, as far as it can be told without decoding it. Opus spends many bytes on a loud or lively
// moment and few on silence, so how large its packets are stands in for how loud they sound: right enough for the little
// bars that WhatsApp draws, and not to be taken for more.

export type WaveformMeter = {
  add(bytes: number, samples: number): void;
  /** 64 steps from 0 to 100. */
  read(): number[];
};

type Slot = { bytes: number; samples: number };

const silence: Slot = { bytes: 0, samples: 0 };
const steps = 64;
/** However long it is, so many are kept; they come to stand for more and more. */
const mostSlots = 1_024;
const usualSlotSamples = 960;
/** Where everything is as loud as everything else. */
const level = 50;

export function createWaveformMeter(): WaveformMeter {
  let slots: Slot[] = [];
  let slotSamples = usualSlotSamples;
  let heard = 0;

  function halve(): void {
    slots = Array.from({ length: mostSlots / 2 }, (_, index) => together(slots.slice(2 * index, 2 * index + 2)));
    slotSamples *= 2;
  }

  return {
    add(bytes, samples) {
      // A packet may sound longer than a slot: each has its share.
      for (let left = samples; left > 0; ) {
        while (Math.floor(heard / slotSamples) >= mostSlots) halve();
        const slot = Math.floor(heard / slotSamples);
        const share = Math.min(left, (slot + 1) * slotSamples - heard);
        slots[slot] = together([slots[slot] ?? silence, { bytes: (bytes * share) / samples, samples: share }]);
        heard += share;
        left -= share;
      }
    },
    read() {
      const rates = Array.from({ length: steps }, (_, step) => rateOf(slots, step));
      const [least, most] = [Math.min(...rates), Math.max(...rates)];
      return rates.map((rate) => (most === least ? level : Math.round((100 * (rate - least)) / (most - least))));
    },
  };
}

function rateOf(slots: Slot[], step: number): number {
  const from = Math.floor((step * slots.length) / steps);
  const until = Math.max(from + 1, Math.floor(((step + 1) * slots.length) / steps));
  const { bytes, samples } = together(slots.slice(from, until));
  return samples === 0 ? 0 : bytes / samples;
}

function together(slots: (Slot | undefined)[]): Slot {
  return slots.reduce<Slot>(
    (sum, slot = silence) => ({ bytes: sum.bytes + slot.bytes, samples: sum.samples + slot.samples }),
    silence,
  );
}
