import type { Clock } from '../../core/clock.ts';
import { defineReporter, type Look, type OpenReporter, type Output, type Reporter } from '../../core/plugin.ts';
import type { Screen } from '../../core/screen.ts';
import { OnlyFailures } from './only-failures.ts';
import type { Outside } from './paper.ts';
import { type Row, rowsOf } from './rows.ts';
import { show } from './show.ts';
import { type Ahead, Store } from './store.ts';

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

/** The screen that shows a run while it goes on. */
export function liveScreen(watched: Watched): Reporter {
  return defineReporter({
    name: 'live',
    summary: 'What goes on, drawn anew ten times a second; what is over scrolls up in the words of `terminal`.',
    example: 'drill run --ui ink',
    open: (output, look) => openLive(watched, output, look),
  });
}

function openLive({ screen, words, ahead, clock, signal, outside }: Watched, output: Output, look: Look): OpenReporter {
  const store = new Store(ahead);
  let [unfolded, onlyFailures] = [false, false];
  const said: string[] = [];
  const rows = (): Row[] =>
    rowsOf(store, {
      ...{ columns: paper.columns, lines: paper.lines, unfolded, onlyFailures },
      keys: screen.stdin().isTTY === true,
      elapsedMs: clock.now(),
    });
  const onKey = (key: string) => {
    if (key === 'u') unfolded = !unfolded;
    if (key === 'f') onlyFailures = !onlyFailures;
  };
  const { color } = look;
  const { paper, stop } = show({ screen, clock, signal, outside, output, color, quietMs: QUIET_MS, rows, onKey });
  // The terminal's width counts from when it changes: before that, COLUMNS may say another one.
  const asOpened = paper.columns;
  const wide = {
    ...look,
    get columns() {
      return paper.columns === asOpened ? look.columns : paper.columns;
    },
  };
  const inner = words.open({ write: (text) => void said.push(text) }, wide);
  const filter = new OnlyFailures();
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
    },
    close: stop,
  };
}
