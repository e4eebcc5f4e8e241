import type { Word } from './data.ts';

export const SIGNS: Record<Word, string> = { failed: '✕', inconclusive: '?', passed: '✓', not_applicable: '–' };
export const wordOf = (text: string): string => text.replaceAll('_', ' ');
/** As the other reports tell times. */
export const seconds = (ms: number | null): string =>
  ms === null ? '–' : `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;
export const usd = (micro: number | null): string => (micro === null ? '–' : `$${(micro / 1e6).toFixed(4)}`);
