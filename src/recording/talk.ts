import type { Message } from '../core/model-call.ts';
import type { EventOf } from '../core/trace.ts';
import { toldIn } from '../text/told.ts';

type Talk = NonNullable<EventOf<'call'>['talk']>;
type Said = Pick<Message, 'role' | 'content'>;

/** One message of a call, as words in a row. */
interface Shown {
  role: Message['role'];
  line: string;
}

/** Where something that was said stands: in which message, up to where, and what stands before it there. */
interface Place {
  message: Shown;
  label: string;
}

/** What became of what was said before, whole texts taken: in messages of whoever said them, or as a transcript that names them. */
export function talkIn(messages: readonly Message[], history: readonly Said[]): Talk {
  const shown = messages.map(({ role, content }) => ({ role, line: toldIn(content).line }));
  const said = history.map(({ role, content }) => ({ role, line: toldIn(content).line }));
  const own = inOrder(shown, said, (message, role) => message.role === role);
  if (own !== undefined) return 'whole';
  const places = inOrder(shown, said, () => true);
  if (places !== undefined) return isTranscript(places, said) ? 'whole' : 'other_roles';
  return said.every(({ line }) => shown.some((m) => m.line.includes(line))) ? 'other_order' : 'lost';
}

/** Each text at its first place after the one before it; undefined where one has none. */
function inOrder(
  shown: readonly Shown[],
  said: readonly Shown[],
  fits: (message: Shown, role: Message['role']) => boolean,
): Place[] | undefined {
  const places: Place[] = [];
  let at = 0;
  let from = 0;
  for (const { role, line } of said) {
    let start = -1;
    for (; at < shown.length; at++, from = 0) {
      const message = shown[at];
      if (message === undefined || !fits(message, role)) continue;
      start = message.line.indexOf(line, from);
      if (start < 0) continue;
      places.push({ message, label: labelIn(message.line.slice(from, start)) });
      // The blank behind a text is the one before the next.
      from = start + line.length - 1;
      break;
    }
    if (start < 0) return undefined;
  }
  return places;
}

/** The words before a text that may say whose it is. */
const labelIn = (before: string) => before.trim().split(' ').slice(-3).join(' ');

/** In a message of another role it is still told whose a text is, where other words stand before one's texts than before the other's. */
function isTranscript(places: readonly Place[], said: readonly Shown[]): boolean {
  const labels = places.map(({ message, label }, i) => {
    const role = said[i]?.role;
    return { role, label, own: message.role === role };
  });
  const foreign = labels.filter(({ own }) => !own);
  return foreign.every((a) => a.label !== '' && !labels.some((b) => b.role !== a.role && b.label === a.label));
}
