import { BodyLine } from '../core/bodies.ts';
import { DrillError, EXIT, targetNotLoaded } from '../core/errors.ts';
import type { Target } from '../core/plugin.ts';
import { type StoppedBy, stopOf } from '../core/stop.ts';
import { type EventOf, TraceEvent } from '../core/trace.ts';
import { dataOf } from '../equip.ts';
import type { Player, Players, WorldFacts } from '../run/plan.ts';
import { createWallClock } from '../world/index.ts';
import type { Said, Start, Word } from './messages.ts';
import { FOREIGN, type Lost, type Message, type PlayerProcess, startPlayer } from './process.ts';

export interface PlayersApart extends Players {
  /** What the target says of itself: the first player of a drill's baseline tells it, as soon as its code is evaluated. */
  said(drill: string): Promise<Said>;
  /** Ends the players that were got ready and never played. */
  end(): void;
}

/** Real milliseconds for all that a module does when it is imported. */
const LOAD_MS = 30_000;
const TOO_MUCH = 'Mend what the module does when it is imported; what takes long belongs into its tasks.';

/** Plays each world in a process of its own, so that nothing leaks from one to another, or to the judge. */
export function playersApart(
  target: Required<Pick<Target, 'name' | 'about' | 'source'>>,
  { seed, ...rest }: Omit<Start, 'facts' | 'name' | 'source' | 'parent' | 'appends'> & { seed: number },
  print: (line: string) => void,
): PlayersApart {
  const waiting = new Map<string, PlayerProcess>();
  const keyOf = (drill: string, world: WorldFacts['world']) => `${drill}/${world}`;
  const start = (drill: string, world: WorldFacts['world']) =>
    startPlayer({ facts: { drill, world, seed }, name: target.name, source: target.source, ...rest }, print);
  /** Both of a drill's players; the one for its baseline is returned. */
  const prepare = (drill: string): PlayerProcess => {
    const known = waiting.get(keyOf(drill, 'baseline'));
    if (known !== undefined) return known;
    const [player, next] = [start(drill, 'baseline'), start(drill, 'drill')];
    waiting.set(keyOf(drill, 'baseline'), player).set(keyOf(drill, 'drill'), next);
    return player;
  };
  return {
    said: (drill) => saidBy(prepare(drill), target.about),
    prepare: ({ drill: { drill } }) => void prepare(drill),
    open({ drill: { drill } }, world) {
      const key = keyOf(drill, world);
      const player = waiting.get(key) ?? start(drill, world);
      waiting.delete(key);
      return playerOf(player);
    },
    end() {
      for (const player of waiting.values()) player.kill();
      waiting.clear();
    },
  };
}

/** What a target says of itself, without running it; code of the user's own is evaluated in a process of its own. */
export async function saidOf(target: Target, secrets: Start['secrets'], print: (line: string) => void): Promise<Said> {
  const { name, about, source } = target;
  if (source === undefined) return target.load();
  const facts = { drill: 'explain', world: 'baseline', seed: 1 } as const;
  const player = startPlayer(
    { facts, name, source, secrets, stuckAfterMs: LOAD_MS, bodies: false, plugins: [] },
    print,
  );
  try {
    return await saidBy(player, about);
  } finally {
    player.kill();
  }
}

/** What the first player says when the target's code was evaluated. Rejects with a DrillError where it was not. */
async function saidBy(player: PlayerProcess, about: string): Promise<Said> {
  const over = new AbortController();
  let late = false;
  createWallClock()
    .sleep(LOAD_MS, over.signal)
    .then(() => {
      late = true;
      player.kill();
    })
    .catch(() => {});
  try {
    // What it changed when it was loaded keeps it from saying what it is.
    const first = await Promise.race([new Promise<Message>((resolve) => player.listen(resolve)), player.ended]);
    if (first !== undefined && 'player' in first && first.player === 'loaded') return first.said;
    if (first !== undefined && 'player' in first && first.player === 'changed') {
      player.kill();
      throw notTrusted(about, first.what);
    }
    const lost = await player.ended;
    if (first !== undefined && 'player' in first && first.player === 'failed') throw errorOf(first);
    const why = late ? `it was not imported in ${LOAD_MS / 1000} s` : (lost?.why ?? 'its process ended');
    throw targetNotLoaded(why, { file: lost?.by ?? about }, TOO_MUCH);
  } finally {
    over.abort();
  }
}

function notTrusted(file: string, what: string): DrillError {
  return new DrillError(
    {
      message: `the target changed ${what} when it was loaded`,
      place: { file },
      fix: 'Leave what the language gives as it is: what the target does is recorded with it.',
    },
    EXIT.inconclusive,
  );
}

const errorOf = ({ problems, exit }: Extract<Word, { player: 'failed' }>) => new DrillError(problems, exit);

function playerOf(player: PlayerProcess): Player {
  return {
    async play(plan, chain, { sink, sequence, signal, keep }) {
      const scene = new Scene();
      let failure: { error?: unknown } | undefined;
      const take = (event: TraceEvent) => {
        event.seq = sequence.next();
        scene.see(event);
        sink(event);
      };
      const kill = () => {
        const stop = stopOf(signal);
        for (const event of stop === undefined ? [] : scene.stopped(stop.by, plan.drill.drill)) take(event);
        player.kill();
      };
      signal.addEventListener('abort', kill);
      try {
        player.listen((message) => {
          // What it had said before it heard of a stop comes too late.
          if (failure !== undefined || stopOf(signal) !== undefined) return;
          try {
            if ('kind' in message) take(message);
            else if (!('player' in message)) keep?.(BodyLine.parse(message));
            else if (message.player === 'changed') take(scene.changed(message.what, plan.drill.drill));
            else if (message.player === 'failed') failure = { error: errorOf(message) };
          } catch (error) {
            // What is no event of ours was written by the target; anything else is our own fault.
            const shape = 'kind' in message ? TraceEvent : BodyLine;
            const foreign = !('player' in message) && !shape.safeParse(message).success;
            failure = foreign ? {} : { error };
            player.kill();
          }
        });
        if (signal.aborted) kill();
        player.send({ data: dataOf(plan), chain });
        const lost = await player.ended;
        // What was played to its end counts, also where the run is cancelled meanwhile.
        if (lost !== undefined || stopOf(signal) !== undefined) signal.throwIfAborted();
        if (failure?.error !== undefined) throw failure.error;
        const end = failure === undefined ? lost : { why: `the target broke what plays it: ${FOREIGN.why}` };
        for (const event of end === undefined ? [] : scene.endedBy(end, plan.drill.drill)) take(event);
        return end === undefined;
      } finally {
        signal.removeEventListener('abort', kill);
      }
    },
    end: () => player.kill(),
  };
}

/** Where a player stands: what it had begun when it was lost has to be ended for it. */
class Scene {
  #at = 0;
  #phase: EventOf<'phase'> | undefined;
  readonly #asks = new Map<number, string>();

  see(event: TraceEvent): void {
    this.#at = event.at;
    if (event.kind === 'phase') this.#phase = event;
    if (event.kind === 'ask') this.#asks.set(event.ask, event.task);
    if (event.kind === 'outcome' || event.kind === 'hung') this.#asks.delete(event.ask);
  }

  #stamp(drill: string) {
    return { seq: 0, at: this.#at, drill, phase: this.#phase?.phase ?? '' };
  }

  changed(what: string, drill: string): TraceEvent {
    return { ...this.#stamp(drill), kind: 'real-io', what, by: 'unknown', fatal: true, changed: true };
  }

  /** Its faults, its providers and all that it asks end with it, at once. */
  stopped(by: StoppedBy, drill: string): TraceEvent[] {
    const stamp = this.#stamp(drill);
    const faults = this.#phase?.state === 'began' ? this.#phase.faults : [];
    return [
      { ...stamp, kind: 'stop', by },
      { ...stamp, kind: 'reverted', faults },
      ...[...this.#asks].map(([ask, task]): TraceEvent => ({ ...stamp, kind: 'given-up', ask, task })),
    ];
  }

  endedBy({ why, by }: Lost, drill: string): TraceEvent[] {
    const phase = this.#phase;
    const stamp = this.#stamp(drill);
    const asks = [...this.#asks].map(([ask, task]) => ({ ask, task }));
    const lost = (asks.length === 0 ? [{}] : asks).map(
      (whose): TraceEvent => ({
        ...stamp,
        kind: 'real-io',
        ...whose,
        what: why,
        by: by ?? 'unknown',
        fatal: true,
        ended: true,
      }),
    );
    return phase?.state === 'began'
      ? [...lost, { ...stamp, kind: 'phase', state: 'ended', faults: phase.faults }]
      : lost;
  }
}
