import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Role } from '../core/declaration.ts';
import { messageOf } from '../core/errors.ts';
import type { Gathered } from '../core/gathered.ts';
import type { CallBody } from '../core/model-call.ts';
import { mostNanoUsd, nanoUsd, type Price, priceOf } from '../core/prices.ts';
import type { Usage, WireRequest } from '../core/wire.ts';
import { usd, when } from '../text/words.ts';
import { isoTime, unguessable } from '../world/index.ts';
import { Ledger, type Standing } from './ledger.ts';
import type { LedgerFiles } from './ledger-files.ts';
import { type Refusal, refusal } from './refusal.ts';
import { type WorstCase, worstCase } from './worst-case.ts';

export interface SpendOptions {
  /** US dollars a UTC day, of all processes of this machine that share the folder. */
  capUsd: number;
  /** Where the ledgers are, a file a day. On a local disk: see `createLedgerFiles`. */
  folder: string;
  files: LedgerFiles;
  clock: Clock;
  /** This machine may be a fresh one at each start. */
  ci: boolean;
  /** Output tokens for requests that set no limit of their own; without it they are refused. */
  maxOutputTokens?: number | undefined;
}

/** A call that somebody wants to make. */
export interface WantedCall {
  request: WireRequest;
  /** What that request says. */
  call: CallBody;
  /** The name of the role it is for, and the role. */
  role: string;
  at: Pick<Role, 'model' | 'price' | 'context_tokens'>;
}

export interface Reservation {
  granted: true;
  id: string;
  /** US dollars that are kept free for the call. */
  usd: number;
  /** The output limit that `withOutputLimit` has to put into the request, where it has none: without it the reservation holds nothing. */
  maxOutputTokens?: number;
  /**
   * Gives back what the call did not cost. It keeps everything where the reply did not come to its end, or does not say its
   * usage. The first word counts: whatever is said later changes nothing.
   */
  settle(reply: Pick<Gathered, 'usage' | 'end' | 'error'>): Promise<Settled>;
  /** Gives back everything: not a byte of the request has left this machine. */
  notSent(): Promise<Settled>;
}

export interface Settled {
  /** US dollars that the call counts for from now on. */
  usd: number;
  /** Why it keeps the whole reservation. */
  kept?: string;
  /** It cost more than was reserved: what bounds a request is not what we take it to be. */
  short?: true;
}

export interface Spend {
  /** Asked before each call, a retry too. Never rejects: what cannot be known is refused. */
  reserve(wanted: WantedCall): Promise<Reservation | Refusal>;
  /** Today's, in US dollars. Rejects where the ledger cannot be read. */
  standing(): Promise<{ settled: number; outstanding: number; available: number }>;
  /** What people have to know before they rely on the cap. Rejects where the ledger cannot be read. */
  notes(): Promise<string[]>;
}

/** Reserve, then settle: available is the cap without what was settled and what is outstanding. */
export function openSpend({ capUsd, folder, files, clock, ci, maxOutputTokens }: SpendOptions): Spend {
  const cap = Math.min(Math.round(capUsd * NANO), Number.MAX_SAFE_INTEGER);
  const now = () => isoTime(clock.epochMs + clock.now());
  let ledger: Ledger | undefined;
  const today = (): Ledger => {
    const path = join(folder, `${now().slice(0, 'yyyy-mm-dd'.length)}.jsonl`);
    if (ledger?.path !== path) ledger = new Ledger(path, files);
    return ledger;
  };

  async function book({ call, role }: WantedCall, price: Price, most: WorstCase): Promise<Reservation | Refusal> {
    const nano_usd = mostNanoUsd(price, most);
    const book = today();
    const standing = await book.standing();
    // A line that cannot count need not be written.
    if (!hasRoom(standing, nano_usd, cap)) return noRoom(standing, nano_usd, cap);
    const id = unguessable();
    const names = { role: role.slice(0, LONGEST_NAME), model: call.model.slice(0, LONGEST_NAME) };
    const counts = await book.reserve({ at: now(), reserve: id, nano_usd, cap_nano_usd: cap, ...names });
    if (!counts) return noRoom(await book.standing(), nano_usd, cap);
    return reservation(book, id, nano_usd, price);
  }

  function reservation(book: Ledger, id: string, reserved: number, price: Price): Reservation {
    let settled: Promise<Settled> | undefined;
    const keeps = (kept: string): Settled => ({ usd: reserved / NANO, kept });
    async function write(nano_usd: number): Promise<Settled> {
      try {
        await book.settle({ at: now(), settle: id, nano_usd });
      } catch (error) {
        return keeps(`the ledger could not be written: ${messageOf(error)}`);
      }
      return { usd: nano_usd / NANO, ...(nano_usd > reserved && { short: true }) };
    }
    async function bill({ usage, end, error }: Pick<Gathered, 'usage' | 'end' | 'error'>): Promise<Settled> {
      if (end === undefined || error !== undefined) return keeps('the reply did not come to its end');
      if (usage === undefined || !isBelievable(usage)) return keeps('the reply does not say its usage');
      const cost = nanoUsd(price, usage);
      return Number.isSafeInteger(cost) ? write(cost) : keeps('the reply does not say its usage');
    }
    return {
      granted: true,
      id,
      usd: reserved / NANO,
      settle: (reply) => (settled ??= bill(reply)),
      notSent: () => (settled ??= write(0)),
    };
  }

  return {
    async reserve(wanted) {
      const { request, call, role, at } = wanted;
      const price = priceOf(at, call.model);
      if (price === undefined) return priceUnknown(role, at.model, call.model);
      const own = call.model === at.model ? at.context_tokens : undefined;
      const contextTokens = own ?? priceOf({ model: call.model })?.context_tokens;
      const most = worstCase(request, call, { maxOutputTokens, contextTokens });
      if ('granted' in most) return most;
      if (most.keeps && price.cache_write === undefined)
        return refusal(
          'price_unknown',
          `price unknown: what ${call.model} keeps in its cache`,
          `Give \`price.cache_write\` on the role ${role}.`,
        );
      try {
        const got = await book(wanted, price, most);
        const limit = call.maxOutputTokens === undefined && maxOutputTokens !== undefined ? { maxOutputTokens } : {};
        return got.granted ? { ...got, ...limit } : got;
      } catch (error) {
        return refusal(
          'ledger_failed',
          `the spend ledger cannot be relied on: ${messageOf(error)}`,
          `Mend ${today().path}, or give a folder on a local disk that can be written.`,
        );
      }
    },
    async standing() {
      const { settled, outstanding } = await today().standing();
      const available = Math.max(0, cap - settled - outstanding);
      return { settled: settled / NANO, outstanding: outstanding / NANO, available: available / NANO };
    },
    async notes() {
      const book = today();
      const { lines } = await book.standing();
      return when(
        ci && lines === 0,
        `The spend ledger ${book.path} is empty, as it is on every fresh CI machine: the cap holds for this machine and this job alone. Keep the folder between jobs, or give each job its share of the cap.`,
      );
    },
  };
}

/** Nano-dollars a US dollar. */
const NANO = 1_000_000_000;
/** Characters: a line stays shorter than a block of any disk. */
const LONGEST_NAME = 200;

const hasRoom = ({ settled, outstanding }: Standing, nano: number, cap: number) => settled + outstanding + nano <= cap;

function noRoom({ settled, outstanding }: Standing, nano: number, cap: number): Refusal {
  const spent = `${usd(settled / NANO)} settled, ${usd(outstanding / NANO)} outstanding`;
  return refusal(
    'no_room',
    `no room: the call may cost ${usd(nano / NANO)}, and of today's ${usd(cap / NANO)} there are ${spent}`,
    'Raise the cap, lower the output limit, or wait for the next UTC day.',
  );
}

function priceUnknown(role: string, own: string, model: string): Refusal {
  const fix =
    own === model
      ? `Give \`price\` on the role ${role}.`
      : `Call the role ${role} with its own model, ${own}, or with one whose price is known.`;
  return refusal('price_unknown', `price unknown: ${model}`, fix);
}

/** Counts of a whole reply: whatever was asked, it took a token. Wrong counts must not give money back. */
function isBelievable({ input, output, cached = 0, written = 0, reasoning = 0 }: Usage): boolean {
  const counts = [input, output, cached, written, reasoning];
  return counts.every((n) => Number.isSafeInteger(n) && n >= 0) && input > 0 && cached + written <= input;
}
