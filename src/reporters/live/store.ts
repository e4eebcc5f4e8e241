import { BoundedMap } from '../../core/bounded-map.ts';
import { OUTCOME_KINDS } from '../../core/outcome-kind.ts';
import type { JudgedDrill } from '../../core/report.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../../core/trace.ts';
import type { VerdictWord } from '../../core/verdict.ts';
import { groupsOf, worstFirst } from '../findings.ts';
import { Resting } from '../resting.ts';
import { eventLine } from '../words.ts';

/** What a run is going to do: its drills in order, and how many tasks each asks, the baseline's among them. */
export type Ahead = readonly { name: string; asks: number }[];

/** How a task stands or ended; what its verdict says goes before what was seen. */
export type Went = 'running' | 'passed' | 'failed over' | 'degraded' | 'failed' | 'inconclusive';
export interface Tick {
  went: Went;
  /** Its verdict is in. */
  judged: boolean;
}

/** Something that failed, and what shows it. */
export interface Failure {
  what: string;
  evidence: string[];
}

interface Ask {
  task: string;
  phase: string;
  /** The role whose reply was the last to come whole. */
  served: string | undefined;
  events: TraceEvent[];
}

/** More of them than a screen has columns: what happened longer ago is not drawn. */
const MOST_ASKS = 400;
const MOST_EVENTS = 8;
const MOST_FAILURES = 100;

/** What the events of a run have told so far, for whoever looks at it now and then. Nothing in it grows with the run. */
export class Store {
  readonly ahead: Ahead;
  drill = '';
  phase = '';
  faults: string[] = [];
  /** Of the phase, or of the drill's other phases: the baseline's go when these begin. */
  ticks = new BoundedMap<number, Tick>(MOST_ASKS);
  /** Tasks of the drill that have ended. */
  ended = 0;
  readonly verdicts: Record<VerdictWord, number> = { passed: 0, failed: 0, inconclusive: 0, not_applicable: 0 };
  time: 'virtual' | 'wall' = 'virtual';
  live = false;
  spent = { usd: 0, unpriced: 0 };
  /** The latest last. */
  readonly failures: Failure[] = [];
  readonly resting = new Resting();
  /** Milliseconds that all worlds before this one lasted, and this one so far. */
  #lasted = 0;
  #at = 0;
  #world = '';
  /** Tasks of the drills that are over, as many as were foreseen. */
  #over = 0;
  #chain: readonly string[] = [];
  #asks = new BoundedMap<number, Ask>(MOST_ASKS);
  #running = new BoundedMap<string, string>(MOST_ASKS);

  constructor(ahead: Ahead) {
    this.ahead = ahead;
  }

  see(event: TraceEvent): void {
    if (event.kind === 'run-header') this.#begin(event);
    else {
      this.#enter(event);
      if ('ask' in event && event.ask !== undefined) this.#follow(event, event.ask);
      else if (event.kind === 'phase' && event.state === 'began') this.#enterPhase(event);
    }
  }

  /** A drill is over. */
  close(drill: JudgedDrill): void {
    this.verdicts[drill.verdict] += 1;
    this.#over += this.ahead.find(({ name }) => name === drill.name)?.asks ?? 0;
    this.ended = 0;
    const own = this.failures.findIndex(({ what }) => what.startsWith(`${drill.name}: `));
    // What was seen of single tasks gives way to what was found.
    if (own >= 0) this.failures.splice(own);
    if (drill.verdict === 'failed')
      for (const { check, severity, reason } of worstFirst(groupsOf(drill)).toReversed())
        this.#fail({ what: `${drill.name}: ${check} (${severity}): ${reason}`, evidence: [] });
  }

  /** Virtual milliseconds so far, of all worlds together. */
  get virtualMs(): number {
    return this.#lasted + this.#at;
  }

  /** How long a role has been left alone, in milliseconds of its world. */
  restedMs(since: number): number {
    return this.#at - since;
  }

  /** The share of all that is planned which has been done. */
  get share(): number {
    const all = this.ahead.reduce((sum, { asks }) => sum + asks, 0);
    return all === 0 ? 0 : Math.min(1, (this.#over + this.ended) / all);
  }

  #begin({ time, mode, target }: EventOf<'run-header'>): void {
    this.time = time;
    this.live = mode === 'live';
    this.#chain = target.declares.chain ?? [];
  }

  #enter({ drill, phase, at }: Exclude<TraceEvent, { kind: 'run-header' }>): void {
    const world = `${drill} ${phase === BASELINE}`;
    if (world !== this.#world) {
      this.#lasted += this.#at;
      this.#world = world;
      if (drill !== this.drill) this.ended = 0;
      this.drill = drill;
      this.resting.forget();
      this.ticks.clear();
      this.#asks.clear();
      this.#running.clear();
    }
    this.#at = at;
  }

  #enterPhase({ phase, faults }: EventOf<'phase'>): void {
    this.phase = phase;
    this.faults = [...new Set(faults.map(({ fault, role }) => `${fault} on ${role}`))];
  }

  #follow(event: TraceEvent, ask: number): void {
    const seen = this.#asks.get(ask);
    if (event.kind === 'verdict') this.#judge(event, ask);
    else if (seen !== undefined && seen.events.length < MOST_EVENTS) seen.events.push(event);
    if (event.kind === 'ask') {
      this.#asks.set(ask, { task: event.task, phase: event.phase, served: undefined, events: [event] });
      this.ticks.set(ask, { went: 'running', judged: false });
    } else if (event.kind === 'call') {
      this.#running.set(event.call, event.role);
      this.resting.called(event.role, ask, this.#chain);
    } else if (event.kind === 'call-end' || event.kind === 'call-abort') this.#endCall(event, ask);
    else if (event.kind === 'outcome' || event.kind === 'hung') {
      this.ended += 1;
      this.resting.over(ask);
      this.#tick(ask, this.#wentOf(event, ask), false);
    }
  }

  #endCall(event: EventOf<'call-end' | 'call-abort'>, ask: number): void {
    const role = this.#running.get(event.call);
    if (role === undefined) return;
    this.#running.delete(event.call);
    const failure = event.kind === 'call-end' ? event.failure_mode : 'cut';
    const went = failure === null;
    this.resting.ended(role, failure, event.at);
    const seen = this.#asks.get(ask);
    if (went && seen !== undefined) seen.served = role;
    if (!this.live) return;
    if (event.cost_usd === null) this.spent.unpriced += 1;
    else this.spent.usd += event.cost_usd;
  }

  #wentOf(event: EventOf<'outcome' | 'hung'>, ask: number): Went {
    if (event.kind === 'hung' || OUTCOME_KINDS[event.outcome.kind].lost) return 'failed';
    if (!OUTCOME_KINDS[event.outcome.kind].answers) return 'degraded';
    // Whoever fails over says so with `degraded`, too: it is told apart where the answer is whole.
    const served = this.#asks.get(ask)?.served;
    if (served !== undefined && served !== this.#chain[0]) return 'failed over';
    return event.outcome.degraded === true ? 'degraded' : 'passed';
  }

  #judge({ verdict }: EventOf<'verdict'>, number: number): void {
    const went = this.ticks.get(number)?.went ?? 'passed';
    const ask = this.#asks.get(number);
    this.#asks.delete(number);
    // What the product lost may be just what a drill expects of it.
    const said = went === 'failed' ? 'degraded' : went;
    this.#tick(number, verdict === 'failed' || verdict === 'inconclusive' ? verdict : said, true);
    if (verdict !== 'failed' || ask === undefined) return;
    const what = `${this.drill}: ${ask.task} (${ask.phase})`;
    this.#fail({ what, evidence: ask.events.map(eventLine) });
  }

  #tick(ask: number, went: Went, judged: boolean): void {
    if (this.ticks.has(ask)) this.ticks.set(ask, { went, judged });
  }

  #fail(failure: Failure): void {
    this.failures.push(failure);
    if (this.failures.length > MOST_FAILURES) this.failures.shift();
  }
}
