/** The process's exit codes; nothing else in the house decides one. */
export const EXIT = {
  passed: 0,
  failed: 1,
  invalid: 2,
  inconclusive: 3,
  /** By a stop condition or the safety lever. */
  stopped: 4,
  bug: 70,
  /** What a shell says of a command whose terminal has gone. */
  hungUp: 129,
  interrupted: 130,
} as const;

/** Where in a user's file a problem lies; line and column count from 1. */
export interface Place {
  file: string;
  line?: number;
  column?: number;
}

/** One problem in a user's input: what is wrong, where, and how to mend it. */
export interface Problem {
  message: string;
  place?: Place;
  fix: string;
}

/** The only error that is the user's to mend. Anything else that is thrown is our bug. */
export class DrillError extends Error {
  readonly problems: readonly Problem[];
  readonly exitCode: number;

  constructor(problems: Problem | readonly Problem[], exitCode: number = EXIT.invalid) {
    const list = ('message' in problems ? [problems] : problems).map(readable);
    super(list.map((p) => p.message).join('; '));
    this.name = 'DrillError';
    this.problems = list;
    this.exitCode = exitCode;
  }
}

/** What the system calls an error, such as `ENOENT`; '' where it has no name. Node's errors are none of ours where a test runner gives each file globals of its own. */
export const codeOf = (error: unknown): string => String(Object(error).code ?? '');

/** What an error says, also one of another realm, which is no `Error` of ours. */
export function messageOf(error: unknown): string {
  const { message } = Object(error);
  return typeof message === 'string' ? message : String(error);
}

/** What comes of something; where it throws, whatever it throws, `otherwise`. */
export function orElse<T, E>(make: () => T, otherwise: E): T | E {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** A target whose code could not be evaluated. Of what was thrown the first line tells enough. */
export function targetNotLoaded(
  why: string,
  place: Place,
  fix = 'Mend the module so that it can be imported; its packages must be installed beside it.',
): DrillError {
  const message = `the target could not be loaded: ${why}`.split('\n')[0] ?? '';
  return new DrillError({ message, place, fix });
}

export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((x) => x !== undefined).join(':');
}

/** A file may hold anything: what is quoted from it neither steers the terminal nor fills it. */
function readable({ message, place, fix }: Problem): Problem {
  const file = place === undefined ? {} : { place: { ...place, file: plain(place.file, 1000) } };
  return { message: plain(message, 500), ...file, fix: plain(fix, 2000) };
}

/** Control characters, and those that turn the direction of writing, are shown by their numbers. */
function plain(text: string, most: number): string {
  const visible = text
    .slice(0, most)
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
  return text.length > most ? `${visible}…` : visible;
}
