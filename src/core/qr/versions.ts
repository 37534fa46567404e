// The sizes a QR code comes in: how much each of the forty versions holds, and where its patterns stand.

/** How much may be lost: about 7 % of the code with L, 15 % with M. */
export type QrLevel = "L" | "M";

export const mostVersion = 40;

/** Per version: correction bytes in each block, and the number of blocks (ISO/IEC 18004, table 9). */
const corrections: Record<QrLevel, readonly number[]> = {
  L: [
    7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30,
    30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
  ],
  M: [
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  ],
};
const blocks: Record<QrLevel, readonly number[]> = {
  L: [
    1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19,
    20, 21, 22, 24, 25,
  ],
  M: [
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33,
    35, 37, 38, 40, 43, 45, 47, 49,
  ],
};

export type QrVersion = {
  version: number;
  level: QrLevel;
  /** Modules on each side. */
  size: number;
  totalBytes: number;
  blocks: number;
  /** Of each block. */
  correctionBytes: number;
  dataBytes: number;
  /** How many bits tell the length of the text. */
  lengthBits: number;
  /** Where the middles of the alignment patterns stand, in both directions. */
  alignments: readonly number[];
};

export function versionOf(version: number, level: QrLevel): QrVersion {
  const totalBytes = Math.floor(modulesForData(version) / 8);
  const blockCount = blocks[level][version - 1] ?? 0;
  const correctionBytes = corrections[level][version - 1] ?? 0;
  return {
    version,
    level,
    size: version * 4 + 17,
    totalBytes,
    blocks: blockCount,
    correctionBytes,
    dataBytes: totalBytes - blockCount * correctionBytes,
    lengthBits: version < 10 ? 8 : 16,
    alignments: alignmentsOf(version),
  };
}

/** The smallest that holds so many bytes; null when none does. */
export function versionFor(bytes: number, level: QrLevel): QrVersion | null {
  for (let version = 1; version <= mostVersion; version++) {
    const made = versionOf(version, level);
    if (4 + made.lengthBits + 8 * bytes <= 8 * made.dataBytes) return made;
  }
  return null;
}

/** All modules but those of the patterns and of what tells format and version. */
function modulesForData(version: number): number {
  const whole = (16 * version + 128) * version + 64;
  if (version < 2) return whole;
  const perSide = Math.floor(version / 7) + 2;
  return whole - ((25 * perSide - 10) * perSide - 55) - (version < 7 ? 0 : 36);
}

function alignmentsOf(version: number): number[] {
  if (version === 1) return [];
  const perSide = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + perSide * 3 + 5) / (perSide * 4 - 4)) * 2;
  const last = version * 4 + 10;
  const others = Array.from({ length: perSide - 1 }, (_, place) => last - place * step);
  return [6, ...others.toReversed()];
}
