import type { Clock } from '../../core/clock.ts';
import type { Output } from '../../core/plugin.ts';
import type { Screen } from '../../core/screen.ts';
import { type Outside, Paper } from './paper.ts';
import { type Row, roomOn } from './rows.ts';
import type { Drawn } from './view.ts';

export interface Shown {
  screen: Screen;
  clock: Clock;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  outside: Outside;
  output: Output;
  color: boolean;
  /** What is over by then needs no screen, which would only flicker. */
  quietMs: number;
  /** What is drawn now. */
  rows(): Row[];
  /** Gets each key that is not one of every screen: those end it, or put it aside. */
  onKey(key: string): void;
}

const DRAW_MS = 100;

/** Draws rows on a terminal ten times a second, until it is stopped or the signal aborts. */
export function show({ screen, clock, signal, outside, output, color, quietMs, rows, onKey }: Shown) {
  const paper = new Paper(screen.stdout, clock, outside);
  const over = new AbortController();
  let drawn: Drawn | undefined;
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
    screen.suspend(() => void draw());
  };
  const press = (key: string) => {
    if (key === 'q' || key === 'ctrl-c') screen.interrupt();
    // Not while the key is still being read.
    else if (key === 'ctrl-z') clock.sleep(0, over.signal).then(suspend, () => {});
    else onKey(key);
  };
  const stop = () => {
    over.abort();
    paper.close();
    away();
    signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  };
  const draw = async () => {
    const { openDrawing } = await import('./view.ts');
    if (over.signal.aborted || !screen.isOurs()) return;
    outside(() => {
      drawn = openDrawing({ screen, paper, color, onKey: press });
    });
  };
  const watch = async () => {
    await clock.sleep(quietMs, over.signal);
    await draw();
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
      // What goes on is worth more than the sight of it.
      if (!over.signal.aborted) output.write(`the screen cannot be drawn: ${String(error)}\n`);
    });
  return { paper, stop };
}
