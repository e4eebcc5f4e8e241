import { z } from 'zod';
import { parseJson } from '../text/json.ts';
import type { LedgerFiles } from './ledger-files.ts';

const nano = z.number().int().min(0);
const Line = z.union([
  z.object({
    at: z.string(),
    /** Its id. */
    reserve: z.string(),
    nano_usd: nano,
    /** What its writer may spend in the day: whoever reads it comes to the writer's own decision. */
    cap_nano_usd: nano,
    role: z.string(),
    model: z.string(),
  }),
  z.object({
    at: z.string(),
    /** The id of the reservation. */
    settle: z.string(),
    nano_usd: nano,
  }),
]);
export type Line = z.infer<typeof Line>;

/** What the lines of a ledger come to, in nano-dollars. */
export interface Standing {
  settled: number;
  /** Reserved and not settled: calls under way, and those whose reply never said what it cost. */
  outstanding: number;
  /** Lines that say something. */
  lines: number;
}

/**
 * One day's spending of one machine, on a local disk: JSON Lines that any number of processes append to without a lock.
 *
 * A reservation counts if the lines *before it* leave room for it, so the order of the lines decides, and whoever reads them
 * comes to the same decision. Of its own line a process reads what comes before: the operating system lets one append to a
 * file end before the next begins, so nothing there can still change.
 *
 * A line is begun by a newline and not ended by one. A process that dies while it writes leaves a beginning of a line, which
 * is no JSON whatever its length, and the next line does not run into it.
 */
export class Ledger {
  readonly path: string;
  private readonly files: LedgerFiles;
  private identity: string | undefined;
  /** Bytes that were read and need not be read again. */
  private from = 0;
  private books = new Books();
  /** Reading moves `from` and the books together: one reads at a time. */
  private reading: Promise<unknown> = Promise.resolve();

  constructor(path: string, files: LedgerFiles) {
    this.path = path;
    this.files = files;
  }

  /** Rejects where the file cannot be read, or holds what this version does not understand. */
  async standing(): Promise<Standing> {
    const { settled, outstanding, lines } = await this.read();
    return { settled, outstanding, lines };
  }

  /** Whether the reservation counts. Rejects where that cannot be known; it may then count for others. */
  async reserve(line: Extract<Line, { reserve: string }>): Promise<boolean> {
    await this.files.append(this.path, bytesOf(line));
    const decided = (await this.read()).decided.get(line.reserve);
    if (decided === undefined) throw new Error('what was written to it is not in it');
    return decided;
  }

  async settle(line: Extract<Line, { settle: string }>): Promise<void> {
    await this.files.append(this.path, bytesOf(line));
  }

  private read(): Promise<Books> {
    const next = this.reading.then(() => this.catchUp());
    this.reading = next.catch(() => undefined);
    return next;
  }

  private async catchUp(): Promise<Books> {
    const piece = await this.files.read(this.path, this.from);
    const same = piece?.identity === this.identity && (piece?.size ?? 0) >= this.from;
    const all = same || this.from === 0 ? piece : await this.files.read(this.path, 0);
    if (!same) {
      // Another file, or a shorter one: what was read before is not in it.
      this.identity = all?.identity;
      this.from = 0;
      this.books = new Books();
    }
    if (all !== undefined) this.follow(all.bytes);
    return this.books;
  }

  private follow(bytes: Uint8Array): void {
    const base = this.from;
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline;
      const said = parseJson(text.decode(bytes.subarray(start, end)));
      // The last line may still be on its way: it is read again until it is whole, or another has begun.
      if (newline < 0 && said === undefined) return;
      if (said !== undefined) this.books.enter(this.understood(said));
      start = newline < 0 ? end : newline + 1;
      this.from = base + start;
    }
  }

  private understood(said: unknown): Line {
    const line = Line.safeParse(said);
    // A line that broke off is no JSON, so somebody else wrote this one: what it means for the money is not known.
    if (!line.success) throw new Error('it holds a line that is none of a ledger');
    return line.data;
  }
}

/** The fold over a ledger's lines. */
class Books implements Standing {
  settled = 0;
  outstanding = 0;
  lines = 0;
  /** Of each reservation, whether it counts. */
  readonly decided = new Map<string, boolean>();
  private readonly open = new Map<string, number>();

  enter(line: Line): void {
    this.lines += 1;
    if ('reserve' in line) this.reserve(line);
    else this.settle(line);
  }

  private reserve({ reserve: id, nano_usd, cap_nano_usd }: Extract<Line, { reserve: string }>): void {
    if (this.decided.has(id)) return;
    const counts = this.settled + this.outstanding + nano_usd <= cap_nano_usd;
    this.decided.set(id, counts);
    if (!counts) return;
    this.open.set(id, nano_usd);
    this.outstanding += nano_usd;
  }

  private settle({ settle: id, nano_usd }: Extract<Line, { settle: string }>): void {
    const reserved = this.open.get(id);
    if (reserved === undefined) return;
    this.open.delete(id);
    this.outstanding -= reserved;
    this.settled += nano_usd;
  }
}

const NEWLINE = 0x0a;
const text = new TextDecoder();
const bytesOf = (line: Line): Uint8Array => new TextEncoder().encode(`\n${JSON.stringify(line)}`);
