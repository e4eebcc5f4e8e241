import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { DrillError } from '../../core/errors.ts';
import { type Choice, choicesAt } from '../../gameday/choices.ts';
import { type DayEntry, openJournal } from '../../gameday/journal.ts';
import type { Switchable } from '../../gameday/screen.ts';
import { Store } from '../../gameday/store.ts';
import { lineOf, switchedText } from '../../gameday/words.ts';
import type { OpenProxy } from '../../proxy.ts';
import type { Happened } from '../../stand/sockets/journal.ts';
import { createWallClock, isoTime } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';
import type { uiOf } from '../ui.ts';
import {
  leverMoved,
  leverText,
  type ProxyFlags,
  readyOf,
  readyText,
  standReady,
  summaryOf,
  type Teller,
} from './proxy.ts';

export interface GamedayFlags extends Omit<ProxyFlags, 'json'>, ReturnType<typeof uiOf> {
  /** The folder of the journal. */
  out: string;
}

/** `drill proxy` for people who watch: what happens is shown as it does, switched by keys, and kept. Throws a DrillError. */
export async function gameday(
  { out, json, ui, ...request }: GamedayFlags,
  catalogue: Catalogue,
  terminal: Pick<Terminal, 'cwd' | 'env' | 'stdout' | 'signal' | 'screen' | 'color'>,
  stdin: Readable = process.stdin,
): Promise<number> {
  const { cwd, screen, stdout } = terminal;
  const drawn = ui === 'ink' && screen !== undefined;
  if (drawn && request.untilStdinEnds)
    throw new DrillError({
      message: 'standard input is where the keys come from, and cannot say when to end as well',
      place: { file: '--until-stdin-ends' },
      fix: 'Use --ui plain, or leave --until-stdin-ends out.',
    });
  const { openScreen, gathered } = drawn ? await import('../../gameday/screen.ts') : {};
  const clock = createWallClock();
  const now = () => isoTime(clock.epochMs + clock.now());
  const store = new Store();
  const broken = new AbortController();
  const signal = AbortSignal.any([terminal.signal, broken.signal]);
  // What is armed from the start is told before there is somebody to tell.
  const early: Happened[] = [];
  let tell = (one: Happened): void => void early.push(one);

  const ready = (open: OpenProxy): Teller => {
    const journal = openJournal(resolve(cwd, out), now(), cwd);
    const calls = gathered?.(stdout, clock);
    const say = (entry: object, text: string) => {
      calls?.flush();
      stdout.write(json ? `${JSON.stringify(entry)}\n` : text);
    };
    const keep = (entry: DayEntry) => {
      journal.write(entry);
      // What nobody could tell of later must not go on.
      if (journal.failure() !== undefined) broken.abort();
    };
    tell = (one) => {
      store.see(one);
      if (one.event === 'came') return;
      keep(one);
      if (one.event === 'call' && calls !== undefined) calls.write(lineOf(one));
      else say(one, lineOf(one));
    };
    const roles = Object.fromEntries(Object.entries(open.roles).map(([name, { base_url }]) => [name, base_url]));
    keep({ event: 'began', at: now(), ...{ roles, tools: open.tools, admin: open.admin.url } });
    say({ ...readyOf(open), journal: journal.name }, `${readyText('gameday', open)}journal: ${journal.name}\n`);
    for (const one of early) tell(one);
    if (screen !== undefined)
      openScreen?.({
        ...{ screen, store, clock, signal, output: stdout, color: terminal.color, faults: open.faults },
        places: switchable(open, store.spans, catalogue),
      });
    return {
      lever(engaged, reverted) {
        const moved = leverMoved(engaged, reverted);
        keep({ event: 'lever', at: now(), ...moved });
        say(moved, leverText(engaged, reverted));
      },
      ended(totals) {
        keep({ event: 'ended', at: now(), ...totals });
        journal.close();
        const text = `${summaryOf('gameday', totals)}${switchedText(store)}journal: ${journal.name}\n`;
        say({ ...totals, journal: journal.name }, text);
        const failure = journal.failure();
        if (failure !== undefined) throw failure;
      },
    };
  };
  return standReady({ ...request, tell: (one) => tell(one) }, catalogue, { ...terminal, signal }, stdin, ready);
}

const switchable = ({ names }: OpenProxy, given: readonly Choice[], { faults }: Catalogue): Switchable[] =>
  (['role', 'tool'] as const).flatMap((kind) =>
    names[`${kind}s`].map((name) => ({ name, choices: choicesAt(name, kind, given, faults) })),
  );
