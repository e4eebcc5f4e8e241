import type { Sockets } from '../../core/sockets.ts';
import type { Ended } from './start.ts';

/** Characters; a line of an error is no longer. */
const MOST = 2000;

/** What a process writes is shown, and the end of it is kept: there it says why it ended. */
export function lastWords(print: Sockets['print']) {
  let last = '';
  return {
    hear(text: string): void {
      print(text);
      last = (last + text).slice(-MOST);
    },
    /** How it ended, with its last words. */
    why: ({ how }: Pick<Ended, 'how'>): string => [how, last.trim().split('\n').at(-1)].filter(Boolean).join(': '),
  };
}
