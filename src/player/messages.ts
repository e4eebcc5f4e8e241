import type { Problem } from '../core/errors.ts';
import type { LoadedTarget, Target } from '../core/plugin.ts';
import type { PlayData } from '../equip.ts';
import type { WorldFacts } from '../run/plan.ts';
import type { Held } from '../world/watchdog.ts';

/** The first thing a player is told. */
export interface Start {
  facts: WorldFacts;
  name: string;
  source: NonNullable<Target['source']>;
  /** What may not be recorded: texts, and linear-time patterns. */
  secrets: { literals: string[]; patterns: string[] };
  /** Files whose faults and protocols are known beside those of the package. */
  plugins: readonly string[];
  /** Real milliseconds for which its code may block the event loop. */
  stuckAfterMs: number;
  /** The process that starts it; once that is gone, so is the player. */
  parent: number;
  /** What is said is handed on as well. */
  bodies: boolean;
  /** There is a file for events. */
  appends: boolean;
  /** Garbage is collected once in so many events; absent: whenever the engine likes. */
  collectEvery?: number | undefined;
}

/** The second: what to play. */
export interface Order {
  data: PlayData;
  chain: string[] | undefined;
}

/** What the target says of itself. */
export type Said = Omit<LoadedTarget, 'start'>;

/** What a player says beside the events of its trace, which are lines of their own. */
export type Word =
  | { player: 'loaded'; said: Said }
  | { player: 'failed'; problems: readonly Problem[]; exit: number }
  | { player: 'broke'; why: string }
  | { player: 'held'; held: Held }
  /** What the language itself gives, and this process records with, is another: `Array.prototype.filter`. */
  | { player: 'changed'; what: string }
  | { player: 'done' };

/**
 * Descriptors: orders come in by the first, words go out by the next and heartbeats by the third. Events are appended to a file,
 * the last: a pipe would wake whoever reads it for each of them. An empty word says that there are more.
 */
export const ORDERS = 3;
export const WORDS = 4;
export const BEATS = 5;
export const EVENTS = 6;
