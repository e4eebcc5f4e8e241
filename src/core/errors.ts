/** The process's exit codes; nothing else in the house decides one. */
export const EXIT = {
  passed: 0,
  failed: 1,
  invalid: 2,
  inconclusive: 3,
  stopped: 4,
  bug: 70,
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
  readonly code: string;
  readonly problems: readonly Problem[];
  readonly exitCode: number;

  constructor(code: string, problems: Problem | readonly Problem[], exitCode: number = EXIT.invalid) {
    const list: readonly Problem[] = 'message' in problems ? [problems] : problems;
    super(list.map((p) => p.message).join('; '));
    this.name = 'DrillError';
    this.code = code;
    this.problems = list;
    this.exitCode = exitCode;
  }
}

export function formatPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((x) => x !== undefined).join(':');
}
