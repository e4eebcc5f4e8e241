import type { Endpoint } from './declaration.ts';
import type { Outcome, Task } from './outcome.ts';

/**
 * Where processes of their own find the world in which they are asked: all that a target may touch, as URLs. What is asked
 * for with a task tells whose call it is that comes there.
 */
export interface Sockets {
  roles(task?: Task): Record<string, Endpoint>;
  /** Variables for a process: what SDKs read, and ours. Values hold dummy keys alone. */
  env(task?: Task): Record<string, string>;
  /** Headers of a request that a service may hand on with its own calls. */
  headers(task: Task): Record<string, string>;
  /** The task with a mark in its text, for a target that hands on nothing else; it is taken out of calls before they are read. */
  marked(task: Task): Task;
  /** What came of it, without the marks that stand in it again. */
  unmarked(outcome: Outcome): Outcome;
  /** Says that a task waits for the start of a process, and how many there are under way, its own included. */
  started(task: Task, beside: number): void;
  /** Shows what a process prints. */
  print(text: string): void;
}

/** The header that holds the URL of a call on its way to a provider's own host. */
export const TO_HOST = 'x-drill-to';

/** What the variables of a role of its own begin with: `DRILL_BACKUP_2` and then `_URL`, `_MODEL` or `_KEY`. */
export const variableOf = (role: string): string => `DRILL_${role.toUpperCase().replaceAll('-', '_')}`;

/** Where a stand listens: fixed ports from `port` on, the roles' in their order, then the tools'. */
export interface Placement {
  /** An address of this machine. */
  host: string;
  /** 0: whichever are free. */
  port: number;
  /** The host under which the target finds them. */
  advertise: string;
  /** What every call has to bring along, as its API key or at the beginning of its path; others are turned away. */
  token?: string | undefined;
}

/** How it was told to which ask a call belongs; `alone`: no other ask was under way. */
export const WAYS = ['url', 'header', 'body', 'marker', 'alone'] as const;
export type Way = (typeof WAYS)[number];
