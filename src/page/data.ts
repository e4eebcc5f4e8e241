/**
 * What the page of a run is told. Rows are all there when it opens; details, and what was said, are read when somebody wants
 * them. Times are milliseconds since the ask, money millionths of a US dollar.
 */
export interface RunData {
  name: string;
  /** Details a block, and where in each block of things its first one stands. */
  blocks: { details: number; things: number[] };
  drills: DrillData[];
}

export interface DrillData {
  name: string;
  reproduce: string;
  /** What to change in the target, by the check that failed. */
  advice: Record<string, string>;
}

export type Word = 'passed' | 'failed' | 'inconclusive' | 'not_applicable';

/** One ask, as the list shows it. */
export interface Row {
  /** Which of the run's drills. */
  drill: number;
  workflow: string;
  ask: number;
  task: string;
  phase: string;
  tenant: string;
  priority: string;
  verdict: Word;
  /** What the models did, and how it ended. */
  what: string;
  outcome: string;
  /** The checks that failed, the worst first. */
  checks: string[];
  /** `hang on primary`. */
  faults: string[];
  roles: string[];
  ms: number | null;
  plain_ms: number | null;
  usd: number | null;
  plain_usd: number | null;
  /** Where its detail stands, and that of the same task without faults. */
  detail: number;
  plain: number | null;
}

export interface Detail {
  calls: Call[];
  tools: ToolUse[];
  deadline_ms: number;
  budget_usd: number | null;
  /** When it ended; null where it never did. */
  end_ms: number | null;
  /** When its user left. */
  left_ms: number | null;
  breakers: Breaker[];
  /** What came of it: names and texts, as far as there are any. */
  got: [name: string, text: string][];
  cites: string[];
  checks: Cell[];
}

/** What of a breaker can be seen from outside: a role that had failed was left alone, tried again, and replied. */
export interface Breaker {
  role: string;
  steps: { at: number; state: 'alone' | 'tried' | 'closed'; failures: number }[];
}

export interface Call {
  role: string;
  model: string;
  turn: number;
  attempt: number;
  at: number;
  first: number | null;
  end: number | null;
  status: number | null;
  /** What went wrong, in a word. */
  failure: string | null;
  fault: string | null;
  tokens: [input: number, output: number];
  usd: number | null;
  /** Things: the request, and what came. */
  sent: number | null;
  came: number | null;
}

export interface ToolUse {
  tool: string;
  at: number;
  end: number | null;
  write: boolean;
  /** What became of it: `ok`, `denied`, `lost`. */
  how: string;
  effect: string;
  fault: string | null;
}

export interface Cell {
  check: string;
  severity: string;
  verdict: Word;
  reason: string;
  /** It is of the drill as a whole. */
  whole: boolean;
  /** When what proves it happened, and in which call, tool or neither. */
  marks: { at: number; call: number | null; tool: number | null }[];
}

/** What was said, in texts: a request names its messages. */
export type Thing = { model: string; parts: number[] } | { title: string; text: string; cut?: number };
