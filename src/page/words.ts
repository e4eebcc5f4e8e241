import * as told from '../text/words.ts';
import type { Word } from './data.ts';

/** A verdict is said by a sign, a colour and a word. */
export const SIGNS: Record<Word, string> = { failed: '✕', inconclusive: '?', passed: '✓', not_applicable: '–' };
export const wordOf = (text: string): string => text.replaceAll('_', ' ');
export const seconds = (ms: number | null): string => (ms === null ? '–' : told.seconds(ms));
export const usd = (micro: number | null): string => (micro === null ? '–' : told.usd(micro / 1e6));

/** An ask, as it stands in the address of the page. */
export const idOf = (drill: string, ask: number): string =>
  `t=${encodeURIComponent(drill.replace(/\p{Cs}/gu, '?')).replaceAll('%2F', '/')}/${ask}`;
