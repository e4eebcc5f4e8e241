import type { Row } from './data.ts';
import { detailFor } from './detail.ts';
import { byId, h, say } from './dom.ts';
import type { Store } from './store.ts';
import { idOf, SIGNS, seconds, wordOf } from './words.ts';

/** So many rows are made at once: more come where the list is scrolled to its end. */
const A_PAGE = 50;

/** The rows of the page, as many of them as were asked for; the details of one are made when it is opened. */
export class List {
  readonly #store: Store;
  readonly #place: HTMLElement;
  readonly #toggled: (id: string, open: boolean) => void;
  #rows: readonly Row[] = [];
  #shown = 0;
  #open: string | undefined;

  /** `toggled` hears which row somebody has opened or closed. */
  constructor(store: Store, place: HTMLElement, toggled: (id: string, open: boolean) => void) {
    this.#store = store;
    this.#place = place;
    this.#toggled = toggled;
    const end = h('p', { id: 'end' });
    place.after(end);
    new IntersectionObserver(([entry]) => entry?.isIntersecting && this.more()).observe(end);
  }

  /** The row of this id stays open, where it is among them. */
  show(rows: readonly Row[], open?: string): void {
    this.#rows = rows;
    this.#open = open;
    this.#shown = 0;
    this.#place.replaceChildren();
    this.more();
    const rest = byId('rest');
    if (rest !== null) rest.textContent = '';
    say(`${rows.length} of ${this.#store.rows.length} tasks`);
  }

  more(upTo = this.#shown + A_PAGE): void {
    const next = this.#rows.slice(this.#shown, upTo);
    this.#place.append(...next.map((row) => this.#item(row)));
    this.#shown += next.length;
  }

  has(id: string | undefined): boolean {
    return this.#rows.some((row) => this.#idOf(row) === id);
  }

  /** Opens the row of this id and goes there; false where it is not among those that are shown. */
  open(id: string): boolean {
    const index = this.#rows.findIndex((row) => this.#idOf(row) === id);
    if (index < 0) return false;
    if (index >= this.#shown) this.more(index + 1);
    const element = byId(id);
    if (!(element instanceof HTMLDetailsElement)) return false;
    element.open = true;
    element.scrollIntoView({ block: 'start' });
    element.querySelector('summary')?.focus({ preventScroll: true });
    return true;
  }

  /** The next row in which something failed, after that of this id, or before it. */
  failure(id: string | undefined, step: 1 | -1): string | undefined {
    const failed = this.#rows.filter(({ checks }) => checks.length > 0).map((row) => this.#idOf(row));
    const at = id === undefined ? -1 : failed.indexOf(id);
    return failed.at(at < 0 ? (step === 1 ? 0 : -1) : (at + step) % failed.length);
  }

  #idOf({ drill, ask }: Row): string {
    return idOf(this.#store.run.drills[drill]?.name ?? '', ask);
  }

  #item(row: Row): HTMLElement {
    const id = this.#idOf(row);
    const drill = this.#store.run.drills[row.drill] ?? { name: '', reproduce: '', advice: {} };
    const body = h('div', { class: 'detail' });
    const details = h(
      'details',
      { class: 'row', id, open: id === this.#open },
      h(
        'summary',
        {},
        h('span', { class: `verdict ${row.verdict}` }, `${SIGNS[row.verdict]} ${wordOf(row.verdict)}`),
        ' ',
        h('b', { class: 'task' }, row.task),
        ' ',
        h('span', { class: 'phase' }, `${drill.name} · ${row.phase}`),
        ' ',
        h('span', { class: 'what' }, row.what),
        ' ',
        h('span', { class: 'took' }, seconds(row.ms)),
      ),
      body,
    );
    // That it has been toggled is heard later, when another one may be meant already.
    details.querySelector('summary')?.addEventListener('click', () => this.#toggled(id, !details.open));
    details.addEventListener('toggle', () => {
      if (!details.open || body.childElementCount > 0) return;
      void detailFor(row, drill, this.#store).then((parts) => body.replaceChildren(...parts));
    });
    return h('li', {}, details);
  }
}
