import type { Terminal } from './terminal.ts';

/** A terminal for tests: what was printed can be read. */
export function fakeTerminal(change: Partial<Terminal> = {}): Terminal & { out(): string; err(): string } {
  const out: string[] = [];
  const err: string[] = [];
  return {
    cwd: process.cwd(),
    stdout: { write: (text) => void out.push(text) },
    stderr: { write: (text) => void err.push(text) },
    color: false,
    columns: 100,
    signal: new AbortController().signal,
    env: {},
    inside: true,
    ...change,
    out: () => out.join(''),
    err: () => err.join(''),
  };
}
