import { ByAsk } from '../core/by-ask.ts';
import type { Message } from '../core/model-call.ts';
import { entryOf } from '../core/once.ts';
import { noticeText, type Outcome } from '../core/outcome.ts';
import type { Replied, Scope } from '../core/stand.ts';
import type { EventOf, Kept, Spliced } from '../core/trace.ts';
import { answerOf } from '../text/content.ts';
import { fieldsOf, handedOut, proseOf, shareHeld, squash } from '../text/prose.ts';

/** A reply of which the prose is known. */
interface Entry extends Replied {
  prose: string[];
}

type Asked = Pick<Scope, 'tenant' | 'task'>;
type QuotedError = NonNullable<EventOf<'outcome'>['quoted_errors']>[number];

/** Shorter prose may be the same at two tenants by chance. */
const TELLING = 40;
/** So many different replies are kept of one task, and as many of a tenant's tasks. */
const MOST = 16;

/**
 * The replies of one world, in words: what an outcome or a later request holds of them is found here. Bodies leave it
 * only as shares.
 */
export function createReplyBook(sourcesOf: (task: string) => readonly string[] = () => []) {
  /** By ask, those of asks under way. */
  const current = new Map<number, Entry[]>();
  /** The good ones of earlier asks, by tenant and task, one for each role and wording. */
  const store = new Map<string, Map<string, Entry[]>>();
  /** Asks that ended without an answer, and may still be worked on. */
  const unanswered = new ByAsk<Asked>();
  /** The tasks of asks that are open. */
  const open = new Map<number, string>();
  /** Error messages of providers, by open ask. */
  const errors = new Map<number, { call: string; words: string }[]>();
  /** Good ones to calls that put another task's question, with the open asks of that task, until their own ask has used them. */
  let misplaced: { entry: Entry; meant: Set<number> }[] = [];

  /** Open asks whose question the call put, with no source but theirs. */
  function meantBy({ ask, other_question, sources = [] }: Replied): number[] {
    if (other_question === undefined) return [];
    const theirs = sourcesOf(other_question);
    if (!sources.every((id) => theirs.includes(id))) return [];
    return [...open].flatMap(([number, task]) => (task === other_question && number !== ask ? [number] : []));
  }

  function keep({ tenant, task }: Asked, good: readonly Entry[]): void {
    const ofTenant = entryOf(store, tenant, () => new Map<string, Entry[]>());
    const older = (ofTenant.get(task) ?? []).filter(
      (old) => !good.some((entry) => entry.role === old.role && same(entry, old)),
    );
    ofTenant.set(task, [...older, ...good].slice(-MOST));
  }

  function enterError({ ask, call, text }: Replied): void {
    const words = squash(text);
    if (open.has(ask) && words.split(' ').length >= SENTENCE) entryOf(errors, ask, () => []).push({ call, words });
  }

  return {
    enter(reply: Replied): void {
      if (reply.error) {
        enterError(reply);
        return;
      }
      const prose = proseOf(reply.text);
      if (prose.length === 0) return;
      const own = current.get(reply.ask) ?? [];
      const entry = { ...reply, prose };
      const asked = unanswered.get(reply.ask);
      // The work of a queue: whoever asks the same next may be given its reply.
      if (asked !== undefined && reply.ok) keep(asked, [entry]);
      current.set(reply.ask, [...own, entry]);
      const meant = reply.ok ? meantBy(reply) : [];
      if (meant.length > 0) misplaced.push({ entry, meant: new Set(meant) });
    },

    begin: (ask: number, task: string) => void open.set(ask, task),

    end(ask: number): void {
      open.delete(ask);
      errors.delete(ask);
      for (const { meant } of misplaced) meant.delete(ask);
      misplaced = misplaced.filter(({ meant }) => meant.size > 0);
    },

    /** Earlier calls of the ask whose prose stands in these messages, outside of the model's own turns. */
    rereads(ask: number, messages: readonly Message[]): string[] {
      const own = current.get(ask)?.filter(({ ok }) => ok) ?? [];
      if (own.length === 0) return [];
      const said = messages.filter((m) => m.role !== 'assistant').map((m) => squash(unescaped(m.content)));
      return own
        .filter(
          ({ prose }) =>
            prose.join(' ').length >= TELLING && prose.every((piece) => said.some((m) => m.includes(piece))),
        )
        .map(({ call }) => call);
    },

    /** Where a text begins with what had come of a broken reply, and goes on with the whole of another. */
    splicedIn({ ask }: Scope, shown: string): Spliced | undefined {
      const text = squash(shown);
      const own = (current.get(ask) ?? []).map((entry) => ({ ...entry, texts: wordings(entry) }));
      for (const { call: whole, texts } of own)
        for (const said of texts) {
          const at = said.length < SURELY ? -1 : text.indexOf(said, 1);
          const before = at < 0 ? '' : text.slice(0, at).trimEnd();
          if (before.length < SURELY) continue;
          const broken = own.find(
            (one) => !one.ok && one.call !== whole && one.texts.some((t) => t.startsWith(before)),
          );
          if (broken !== undefined) return { broken: broken.call, characters: before.length, whole };
        }
      return undefined;
    },

    /** Calls of the ask whose error message an outcome repeats to the user. A message that `given` texts hold as well does not count. */
    errorsQuotedIn(ask: number, outcome: Outcome, given: readonly string[]): QuotedError[] {
      const own = errors.get(ask)?.filter(({ words }) => !given.some((text) => squash(text).includes(words))) ?? [];
      if (own.length === 0) return [];
      const places = {
        // What else stands in data is for a program, which may want to know.
        answer: squash(`${answerOf(outcome) ?? ''} ${outcome.shown ?? ''}`),
        notice: squash(noticeText(outcome.notice)),
      };
      return own.flatMap(({ call, words }) =>
        (['answer', 'notice'] as const)
          .filter((place) => places[place].includes(words))
          .map((place) => ({ call, in: place })),
      );
    },

    /** What an outcome holds of all replies so far; after it, the ask's own good ones are a store for later asks. */
    keptIn({ ask, task, tenant }: Scope, outcome: Outcome, expected: string): Kept[] {
      const text = handedOut(outcome);
      const seen = `${text} ${squash(outcome.shown ?? '')}`;
      const held = (entry: Entry, least: number, more: Partial<Kept> = {}, where = text): Kept[] => {
        const share = where === '' ? 0 : shareHeld(entry.prose, where);
        const { call, role, cites } = entry;
        return share < least ? [] : [{ call, ask: entry.ask, role, share, cites, ...more }];
      };
      const whole = ({ prose }: Entry, where = text) => prose.every((piece) => where.includes(piece));
      const own = current.get(ask) ?? [];
      const stored = store.get(tenant)?.get(task) ?? [];
      misplaced = misplaced.filter(({ entry }) => entry.ask !== ask || !whole(entry, seen));
      // An answer without a reply of its own, while another ask had one to the same question and did not use it.
      const hasNoReply = text !== '' && own.length === 0 && !stored.some((entry) => whole(entry));
      const elsewhere = hasNoReply ? misplaced.flatMap(({ entry, meant }) => (meant.has(ask) ? [entry] : [])) : [];
      const foreign = [...store].flatMap(([other, tasks]) =>
        other === tenant
          ? []
          : [...tasks.values()].flatMap((some) =>
              some.filter((entry) => whole(entry, seen) && !elsewhere.includes(entry)),
            ),
      );
      const ours = foreign.length === 0 ? [] : [...own, ...stored].map(({ prose }) => prose.join(' '));
      const kept = [
        ...likely(own, (entry) => whole(entry)).flatMap((entry) => held(entry, LEAST)),
        ...stored.filter((entry) => whole(entry)).flatMap((entry) => held(entry, 1)),
        ...elsewhere.flatMap((entry) => held(entry, 0, { other_context: true })),
        ...foreign
          .filter((entry) => isForeign(entry, ours, expected))
          .flatMap((entry) => held(entry, 1, { other_tenant: true }, seen)),
      ];
      current.delete(ask);
      const asked = { tenant, task };
      const good = own.filter(({ ok }) => ok);
      keep(asked, good);
      if (outcome.kind !== 'answered') unanswered.set(ask, asked);
      return kept;
    },
  };
}
export type ReplyBook = ReturnType<typeof createReplyBook>;

/** Fewer equal characters may be chance. */
const SURELY = 12;
/** A message of fewer words may be anyone's own: `Overloaded`, `Internal server error`. */
const SENTENCE = 4;

/** A reply as it came, and its prose. */
const wordings = ({ text, prose }: Entry): string[] => [...new Set([squash(text), prose.join(' ')])];

/** Something stands around its prose that belongs to no format. */
const isDressed = ({ text, prose }: Entry) => fieldsOf(text) === undefined && squash(text) !== prose.join(' ');

/** Where a reply stands whole in the outcome as it was said, none that would have to be unwrapped first is meant. */
function likely(own: readonly Entry[], whole: (entry: Entry) => boolean): readonly Entry[] {
  const bare = own.filter((entry) => !isDressed(entry));
  return bare.some(whole) ? bare : own;
}

/** A part that is smaller may be the question's own words. */
const LEAST = 0.15;

const same = (a: Entry, b: Entry) => a.prose.join() === b.prose.join() && a.cites.join() === b.cites.join();

/** Whether words of another tenant's answer say that it is that tenant's: neither short, nor what this ask may say itself. */
function isForeign({ prose }: Entry, ours: readonly string[], expected: string): boolean {
  const all = prose.join(' ');
  return all.length >= TELLING && !ours.some((own) => own.includes(all)) && !squash(expected).includes(all);
}

/** A message may hold JSON in which a reply is quoted. */
const unescaped = (text: string) => (text.includes('\\') ? text.replaceAll('\\n', ' ').replaceAll('\\"', '"') : text);
