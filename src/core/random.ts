/** Chance as an argument: a seeded stream of numbers that can be forked by name. */
export interface Random {
  readonly seed: number;
  /** The next number in [0, 1). */
  next(): number;
  /** An independent stream for `label`; it depends on the seed and the label only, never on earlier draws. */
  fork(label: string): Random;
}

/** sfc32, its state filled by splitmix32 from a 32-bit seed (both are public-domain generators). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const mix = () => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
  let a = mix();
  let b = mix();
  let c = mix();
  let d = mix();
  return {
    seed: seed >>> 0,
    next() {
      const t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + t;
      c |= 0;
      return (t >>> 0) / 4294967296;
    },
    fork: (label) => createRandom(hashLabel(label, seed)),
  };
}

/** FNV-1a over the label's UTF-16 units, started from the seed. */
function hashLabel(label: string, seed: number): number {
  let hash = (2166136261 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) {
    hash ^= label.charCodeAt(i);
    hash = Math.imul(hash, 16777619);
  }
  return hash >>> 0;
}
