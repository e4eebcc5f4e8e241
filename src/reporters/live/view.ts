import chalk from 'chalk';
import { Box, render, Text, useInput, useStderr, useStdout } from 'ink';
import { createElement as h, type ReactNode, useLayoutEffect } from 'react';
import type { Screen } from '../../core/screen.ts';
import { oneLine } from '../words.ts';
import type { Paper } from './paper.ts';
import type { Row } from './rows.ts';

export interface Drawing {
  screen: Screen;
  paper: Paper;
  color: boolean;
  /** Gets each key. */
  onKey(key: string): void;
}

/** What is drawn on a terminal; what is written to it meanwhile stands above. */
export interface Drawn {
  draw(rows: readonly Row[]): void;
  /** Takes it away. */
  close(): void;
}

type Write = (text: string) => void;
type Stream = 'stdout' | 'stderr';

/** Draws nothing yet. Where drawing fails, what is written goes where it went before. */
export function openDrawing({ screen, paper, color, onKey }: Drawing): Drawn {
  chalk.level = color ? 1 : 0;
  const stdin = screen.stdin();
  const keys = stdin.isTTY === true;
  const take = (above: Record<Stream, Write>) => {
    // What a target prints could steer the terminal away from what is drawn; where it does not go there, it is as it was.
    const { stderr } = process;
    const printed: Write = stderr.isTTY ? (text) => above.stderr(lineByLine(text)) : (text) => void stderr.write(text);
    const parts = { stdout: wholeLines(above.stdout), stderr: wholeLines(printed) };
    screen.taken = (text, to) => parts[to].write(text);
    return () => {
      screen.taken = undefined;
      paper.write(parts.stdout.rest());
      stderr.write(parts.stderr.rest());
    };
  };
  const view = (rows: readonly Row[]) => h(View, { rows, take, onKey: keys ? onKey : undefined });
  // Of a terminal it uses no more than the paper has.
  const stdout = paper as unknown as NodeJS.WriteStream;
  const app = render(view([]), { stdin, stdout, exitOnCtrlC: false, patchConsole: false });
  return {
    draw: (rows) => app.rerender(view(rows)),
    close() {
      app.clear();
      app.unmount();
    },
  };
}

const lineByLine = (text: string): string => text.split('\n').map(oneLine).join('\n');

/** Ink draws on the line below what was written, so a line goes out when it is whole. */
function wholeLines(write: Write): { write: Write; rest(): string } {
  let rest = '';
  return {
    write(text) {
      const end = text.lastIndexOf('\n') + 1;
      const lines = rest + text.slice(0, end);
      rest = end === 0 ? rest + text : text.slice(end);
      if (end > 0) write(lines);
    },
    rest: () => rest,
  };
}

interface ViewProps {
  rows: readonly Row[];
  /** From now on what is written goes there; what it returns ends that. */
  take(above: Record<Stream, Write>): () => void;
  onKey: ((key: string) => void) | undefined;
}

function View({ rows, take, onKey }: ViewProps) {
  const { write } = useStdout();
  const { write: writeError } = useStderr();
  useLayoutEffect(() => take({ stdout: write, stderr: writeError }), [take, write, writeError]);
  return h(Box, { flexDirection: 'column' }, onKey && h(Keys, { onKey }), h(Lines, { rows }));
}

/** Each row in one line, cut where the terminal ends: by how wide letters are, and not by their number. */
export function Lines({ rows }: Pick<ViewProps, 'rows'>): ReactNode {
  // A row is its place, and so is a piece of it.
  const lines = rows.map((pieces, i) => {
    const texts = pieces.map(({ text, color, bold = false, dim = false }, j) =>
      h(Text, { key: j, bold, dimColor: dim, ...(color && { color }) }, text),
    );
    return h(Text, { key: i, wrap: 'truncate-end' }, texts);
  });
  return h(Box, { flexDirection: 'column' }, lines);
}

/** Keys that are no letters, and are told by these names. */
const NAMED = ['upArrow', 'downArrow', 'tab'] as const;

function Keys({ onKey }: { onKey(key: string): void }) {
  useInput((input, key) => {
    for (const name of NAMED) if (key[name]) onKey(name);
    // What was typed while nobody listened comes at once.
    for (const letter of input) onKey(key.ctrl ? `ctrl-${letter}` : letter);
  });
  return null;
}
