import { entryOf } from '../../core/once.ts';
import { defineReporter } from '../../core/plugin.ts';
import type { JudgedDrill, RunReport, TaskReport } from '../../core/report.ts';
import type { TraceEvent } from '../../core/trace.ts';
import type { Detail, DrillData, Row, RunData, Thing, Word } from '../../page/data.ts';
import { idOf, SIGNS } from '../../page/words.ts';
import { count, unique } from '../../text/words.ts';
import { brokenIn, withUnread } from '../words.ts';
import { Causes } from './causes.ts';
import { detailOf, detailOfTape, rowOf, rowOfTape } from './collect.ts';
import { type Html, html } from './escape.ts';
import { Phases } from './figures.ts';
import { packed } from './pack.ts';
import { documentHead, pageFiles } from './page-files.ts';
import {
  type Band,
  type Covered,
  counters,
  coverage,
  figures,
  findings,
  header,
  matrix,
  open,
  rowHtml,
} from './parts.ts';
import { Tape } from './tape.ts';
import { Things } from './things.ts';

/** report.html: a page that explains the run to somebody who was not there. It is one file and asks nobody for anything. */
export const htmlPage = defineReporter({
  name: 'html',
  summary: 'The run as one page for a browser: findings by cause, a timeline a task, what each model got and said.',
  file: 'report.html',
  optional: true,
  open(output) {
    const page = new Page((text) => output.write(text));
    return {
      onEvent: (event) => page.see(event),
      onBody: (line) => page.things.take(line),
      onDrill: (drill) => page.add(drill),
      onEnd: (run) => page.end(run),
    };
  },
});

/** Details and things a block: what somebody opens is read without all the others. */
const A_BLOCK = 1000;
const CHARACTERS_A_BLOCK = 400_000;
/** Rows that are there without scripts, and what is shown of the whole at a glance. */
const PLAIN_ROWS = 50;
const MOST_CELLS = 60;
const MOST_LINES = 300;

/** A drill, as its tasks, and what is not judged of it, are told. */
type Told = DrillData & Pick<JudgedDrill, 'reasons' | 'verdict' | 'notes'>;

class Page {
  readonly things = new Things();
  #tape = new Tape(this.things);
  #chain: readonly string[] = [];
  readonly #write: (text: string) => void;
  readonly #drills: Told[] = [];
  readonly #rows: Row[] = [];
  readonly #plain = new Map<Word, Html[]>();
  readonly #causes = new Causes();
  readonly #phases = new Phases();
  readonly #bands: Band[] = [];
  readonly #covered = new Map<string, Covered>();
  readonly #counts: Record<Word, number> = { failed: 0, inconclusive: 0, passed: 0, not_applicable: 0 };
  #details: Detail[] = [];
  /** The first row of the drill that is told of. */
  #first = 0;
  #written = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  see(event: TraceEvent): void {
    if (event.kind === 'run-header') {
      this.#chain = event.target.declares.chain ?? [];
      this.#tape = new Tape(this.things, this.#chain);
      return;
    }
    if (event.drill !== this.#tape.drill) this.#addUnfinished();
    this.#tape.see(event);
  }

  add(drill: JudgedDrill): void {
    const { name, reproduce, advice = {}, reasons, verdict, notes } = drill;
    if (name !== this.#tape.drill) this.#addUnfinished();
    const key = this.#begin({ name, reproduce, advice, reasons, verdict, notes });
    this.#causes.addDrill(drill, (evidence) => this.#askOf(evidence, key));
    const plain = this.#keepPlain();
    for (const task of drill.tasks) this.#addTask(task, drill, plain.get(task.task) ?? null);
    if (verdict !== 'not_applicable') for (const fault of drill.faults) this.#cover(fault, drill);
    this.#forget(name);
  }

  /** A drill that did not come to its end was not judged; what happened in it is shown all the same. */
  #addUnfinished(): void {
    const { drill: name, asks } = this.#tape;
    if (name === undefined || asks.size === 0) return;
    this.#begin({ name, reproduce: '', advice: {}, reasons: [], verdict: 'inconclusive', notes: [] });
    const plain = this.#keepPlain();
    const broken = [...asks].filter(([, { baseline }]) => !baseline);
    for (const [ask, taped] of broken.length > 0 ? broken : asks) {
      const without = [...asks.values()].findLast(({ baseline, task }) => baseline && task === taped.task);
      this.#addRow(rowOfTape(ask, taped, without), detailOfTape(taped), plain.get(taped.task) ?? null, 'not finished');
    }
    this.#forget(name);
  }

  /** Gives the name that a drill has in the page. */
  #begin(drill: Told): string {
    const again = this.#drills.filter(({ name }) => name.replace(/~\d+$/, '') === drill.name).length;
    const name = again === 0 ? drill.name : `${drill.name}~${again + 1}`;
    this.#drills.push({ ...drill, name });
    this.#tape.finish(drill.name);
    this.#first = this.#rows.length;
    return name;
  }

  #forget(drill: string): void {
    this.#tape = new Tape(this.things, this.#chain);
    this.things.forget(drill);
  }

  /** Where the details of each golden task without faults stand. */
  #keepPlain(): ReadonlyMap<string, number> {
    const plain = [...this.#tape.asks.values()].filter(({ baseline }) => baseline);
    return new Map(plain.map((taped) => [taped.task, this.#keep(detailOfTape(taped))]));
  }

  #askOf(evidence: readonly number[], drill: string): { id: string; task: string } | undefined {
    const asks = [...this.#tape.asks].filter(([, { baseline }]) => !baseline);
    const found = asks.find(([, { places }]) => evidence.some((seq) => places.has(seq)));
    return found && { id: idOf(drill, found[0]), task: found[1].task };
  }

  #addTask(task: TaskReport, drill: JudgedDrill, plain: number | null): void {
    const detail = detailOf(task, drill, this.#tape.asks.get(task.ask));
    const row = rowOf(task, drill, detail);
    const id = this.#addRow(row, detail, plain, brokenIn(task.phase, drill));
    this.#phases.add(task, drill);
    this.#causes.add(task, drill, row, id, () => ({ detail, things: this.things.all }));
  }

  #addRow(told: ReturnType<typeof rowOf>, detail: Detail, plain: number | null, faults: string): string {
    const row: Row = { drill: this.#drills.length - 1, ...told, detail: this.#keep(detail), plain };
    const name = this.#drills.at(-1)?.name ?? '';
    const id = idOf(name, row.ask);
    this.#rows.push(row);
    this.#counts[row.verdict] += 1;
    this.#addCell({ id, task: row.task, verdict: row.verdict, what: row.what }, row, faults, name);
    const rows = entryOf(this.#plain, row.verdict, () => []);
    if (rows.length < PLAIN_ROWS) rows.push(rowHtml(row, name, id, detail));
    return id;
  }

  #addCell(cell: Band['cells'][number], { phase }: Row, faults: string, drill: string): void {
    let band = this.#bands.at(-1);
    if (band?.drill !== drill || band.phase !== phase) {
      if (this.#bands.length === MOST_LINES) return;
      band = { drill, phase, faults, cells: [], others: 0 };
      this.#bands.push(band);
    }
    if (band.cells.length < MOST_CELLS) band.cells.push(cell);
    else {
      // What went wrong is shown rather than what did not.
      const quiet = cell.verdict === 'failed' ? band.cells.findLastIndex(({ verdict }) => verdict !== 'failed') : -1;
      if (quiet >= 0) band.cells.splice(quiet, 1, cell);
      band.others += 1;
    }
  }

  #cover({ fault, role, phase, fired, spared }: JudgedDrill['faults'][number], drill: JudgedDrill): void {
    const workflow = String(drill.definition['workflow'] ?? '');
    const key = JSON.stringify([fault, role, workflow]);
    const none = { fired: 0, spared: 0, failed: 0, asks: 0 };
    const known = entryOf(this.#covered, key, () => ({ fault, role, workflow, ...none }));
    known.fired += fired;
    known.spared += spared;
    for (const row of this.#rows.slice(this.#first).filter((one) => one.phase === phase)) {
      known.asks += 1;
      if (row.verdict === 'failed') known.failed += 1;
    }
  }

  #keep(detail: Detail): number {
    const place = this.#written + this.#details.length;
    this.#details.push(detail);
    if (this.#details.length === A_BLOCK) this.#flush();
    return place;
  }

  #flush(): void {
    if (this.#details.length > 0) this.#write(block(`d${this.#written / A_BLOCK}`, this.#details));
    this.#written += this.#details.length;
    this.#details = [];
  }

  end(run: Omit<RunReport, 'drills'>): string {
    this.#addUnfinished();
    this.#flush();
    const [only = '', ...more] = unique([...this.#drills.map((drill) => drill.name), ...run.unfinished]);
    const name = more.length === 0 ? only : count(more.length + 1, 'drill');
    const data: RunData = {
      name,
      blocks: { details: A_BLOCK, things: this.#writeThings() },
      drills: this.#drills.map(({ name: key, reproduce, advice }) => ({
        ...{ name: key, reproduce: reproduce || run.reproduce, advice },
      })),
    };
    this.#write(block('run', [data]));
    this.#write(block('rows', this.#rows));
    const files = pageFiles();
    this.#write(`<script>${files.script}</script></body></html>\n`);
    const top = [
      header(run, name, this.#lead(run)),
      counters(this.#counts),
      findings(this.#causes.all(), this.#counts.inconclusive + run.unfinished.length),
      open(
        this.#drills.filter(({ verdict }) => verdict !== 'passed'),
        this.#notes(run),
      ),
      matrix(this.#bands),
      this.#list(),
      figures(this.#phases.all.slice(0, MOST_LINES)),
      coverage([...this.#covered.values()].slice(0, MOST_LINES)),
    ];
    return documentHead(`${SIGNS[run.verdict]} ${name} on ${run.target.name}`, files) + html`<main>${top}</main>`.text;
  }

  #writeThings(): number[] {
    const starts: number[] = [];
    let [some, size]: [Thing[], number] = [[], 0];
    const write = () => {
      if (some.length > 0) this.#write(block(`t${starts.length - 1}`, some));
      [some, size] = [[], 0];
    };
    for (const [i, thing] of this.things.all.entries()) {
      if (size === 0) starts.push(i);
      some.push(thing);
      size += 'text' in thing ? thing.text.length + 50 : 50;
      if (size > CHARACTERS_A_BLOCK) write();
    }
    write();
    return starts;
  }

  #lead(run: Omit<RunReport, 'drills'>): string {
    const { failed, inconclusive } = this.#counts;
    const all = this.#rows.length;
    const [worst] = this.#causes.all();
    const parts = [
      failed > 0
        ? `${failed} of ${count(all, 'task')} failed`
        : all === 0
          ? 'Nothing was asked'
          : inconclusive === all
            ? `None of ${count(all, 'task')} could be judged`
            : `No task failed of ${all}`,
      ...(failed === 0 && worst !== undefined ? [`but ${worst.drill} as a whole did`] : []),
      ...(worst === undefined || failed === 0 ? [] : [`most of all under ${worst.faults}`]),
      ...(inconclusive === 0 || inconclusive === all ? [] : [`${inconclusive} could not be judged`]),
      ...(run.unfinished.length === 0 ? [] : [`${count(run.unfinished.length, 'drill')} not finished`]),
    ];
    return `${parts.join(', ')}. ${withUnread('', run.unread).replace(/^, /, '')}`.trim();
  }

  #notes(run: Omit<RunReport, 'drills'>): string[] {
    const notes = new Set(this.#drills.flatMap((drill) => drill.notes));
    return [
      ...run.unfinished.map((name) => `${name} did not come to its end.`),
      ...(run.unread === 0 ? [] : [`${count(run.unread, 'text')} unread: drill notices lists them.`]),
      ...notes,
      ...(this.things.all.length === 0 && this.#rows.length > 0
        ? ['What was said to models and by them was not kept in this run.']
        : []),
      ...(this.things.full ? ['More was said than is kept: of the last calls only the trace tells.'] : []),
    ];
  }

  #list(): Html {
    const order: Word[] = ['failed', 'inconclusive', 'passed', 'not_applicable'];
    const rows = order.flatMap((word) => this.#plain.get(word) ?? []).slice(0, PLAIN_ROWS);
    const rest = this.#rows.length - rows.length;
    const more =
      rest === 0 ? '' : html`<p id="rest">${rows.length} of ${this.#rows.length} are shown without scripts.</p>`;
    return html`<section aria-labelledby="tasks"><h2 id="tasks">Tasks</h2><div id="tools"></div><ol id="list" class="rows">${rows}</ol>${more}</section>`;
  }
}

/** Data is nothing that a browser would run or show. */
const block = (id: string, values: readonly unknown[]) =>
  `<script type="text/plain" id="${id}">${packed(values)}</script>\n`;
