import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Look, OpenReporter, Output, Reporter } from '../../core/plugin.ts';
import type { Screen } from '../../core/screen.ts';
import { OnlyFailures } from './only-failures.ts';
import { type Outside, Paper } from './paper.ts';
import { type Row, roomOn, rowsOf } from './rows.ts';
import { type Ahead, Store } from './store.ts';
import type { Drawn } from './view.ts';

export interface Watched {
  screen: Screen;
  /** Whose words stand above: what is over is told by it, and by nobody else. */
  words: Reporter;
  ahead: Ahead;
  /** Real time since the run began. */
  clock: Clock;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  outside: Outside;
}

/** What is over by then needs no screen, which would only flicker. */
const QUIET_MS = 300;
const DRAW_MS = 100;

/** The screen that shows a run while it goes on. */
export function liveScreen(watched: Watched): Reporter {
  return {
    name: 'live',
    summary: 'What goes on, drawn anew ten times a second; what is over scrolls up in the words of `terminal`.',
    params: z.strictObject({}),
    example: 'drill run --ui ink',
    open: (output, look) => openLive(watched, output, look),
  };
}

function openLive({ screen, words, ahead, clock, signal, outside }: Watched, output: Output, look: Look): OpenReporter {
  const store = new Store(ahead);
  const paper = new Paper(screen.stdout, clock, outside);
  const [asOpened, over] = [paper.columns, new AbortController()];
  let drawn: Drawn | undefined;
  let [unfolded, onlyFailures] = [false, false];
  const said: string[] = [];
  // The terminal's width counts from when it changes: before that, COLUMNS may say another one.
  const wide = {
    ...look,
    get columns() {
      return paper.columns === asOpened ? look.columns : paper.columns;
    },
  };
  const inner = words.open({ write: (text) => void said.push(text) }, wide);
  const filter = new OnlyFailures();

  const rows = (): Row[] =>
    rowsOf(store, {
      ...{ columns: paper.columns, lines: paper.lines, unfolded, onlyFailures },
      keys: screen.stdin().isTTY === true,
      elapsedMs: clock.now(),
    });
  const away = () => {
    const was = drawn;
    drawn = undefined;
    try {
      outside(() => was?.close());
    } catch {
      // The terminal has gone, and what was drawn on it.
    }
  };
  const suspend = () => {
    away();
    screen.suspend(() => void show());
  };
  const onKey = (key: string) => {
    if (key === 'q' || key === 'ctrl-c') screen.interrupt();
    // Not while the key is still being read.
    if (key === 'ctrl-z') clock.sleep(0, over.signal).then(suspend, () => {});
    if (key === 'u') unfolded = !unfolded;
    if (key === 'f') onlyFailures = !onlyFailures;
  };
  const stop = () => {
    over.abort();
    paper.close();
    away();
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  };
  const show = async () => {
    const { openDrawing } = await import('./view.ts');
    if (over.signal.aborted || !screen.isOurs()) return;
    outside(() => {
      drawn = openDrawing({ screen, paper, color: look.color, onKey });
    });
  };
  const watch = async () => {
    await clock.sleep(QUIET_MS, over.signal);
    await show();
    for (;;) {
      drawn?.draw(rows());
      await clock.sleep(DRAW_MS, over.signal);
    }
  };
  signal.addEventListener('abort', stop);
  // However the process ends: the cursor is to be seen again.
  process.on('exit', stop);
  if (roomOn(paper.lines) > 0)
    outside(watch).catch((error: unknown) => {
      // The run is worth more than the sight of it.
      if (!over.signal.aborted) output.write(`the screen cannot be drawn: ${String(error)}\n`);
    });
  return {
    onEvent(event) {
      store.see(event);
      inner.onEvent?.(event);
    },
    onDrill(drill) {
      store.close(drill);
      inner.onDrill?.(drill);
      const text = filter.take(drill, said.splice(0).join(''), onlyFailures);
      if (text !== '') output.write(text);
    },
    onEnd(run) {
      stop();
      inner.onEnd(run);
      output.write(said.splice(0).join(''));
      return undefined;
    },
    close: stop,
  };
}
