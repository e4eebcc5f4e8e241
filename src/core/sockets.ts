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
  /** Shows what a process prints. */
  print(text: string): void;
}

/** How it was told to which ask a call belongs; `alone`: no other ask was under way. */
export const WAYS = ['url', 'header', 'body', 'marker', 'alone'] as const;
export type Way = (typeof WAYS)[number];
