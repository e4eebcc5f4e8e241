import type { Readable } from 'node:stream';

/** Options of this process that its players need as well; a script that was given as text is not one. */
export function inherited(): string[] {
  const text = process.execArgv.some((arg) => /^(?:-e|-p|-pe|--eval|--print|--input-type)/.test(arg));
  const ours = (arg: string | undefined) => arg !== undefined && /^--(?:inspect|cpu-prof|heap-prof)/.test(arg);
  // The value of an option may be an argument by itself.
  const isValue = (arg: string, i: number) => !arg.startsWith('-') && ours(process.execArgv[i - 1]);
  return text ? [] : process.execArgv.filter((arg, i) => !ours(arg) && !isValue(arg, i));
}

/** Hands on each whole line as it comes; of what has no end, pieces of `longest` characters. */
export function lines(stream: Readable | null, hear: (line: string) => void, longest = Number.POSITIVE_INFINITY): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) hear(part);
    if (rest.length <= longest) return;
    hear(rest);
    rest = '';
  });
  if (longest < Number.POSITIVE_INFINITY) stream?.on('end', () => rest === '' || hear(rest));
}
