import type { JudgedDrill } from '../core/report.ts';
import type { Severity } from '../core/verdict.ts';
import { digestOf } from './digest.ts';
import { clean, worstFirst as mostSevereFirst } from './words.ts';

/** What failed by one check in one drill, however many tasks it was. */
export interface FindingGroup {
  drill: string;
  check: string;
  severity: Severity;
  cells: number;
  /** The first reason, with the task it was given for. */
  reason: string;
  file: string | undefined;
  /** Counts from 1. */
  line: number;
  reproduce: string;
}

/** The findings of a drill in groups; texts may steer a terminal no more. */
export function groupsOf(drill: JudgedDrill): FindingGroup[] {
  const { source, name, reproduce } = drill;
  return [...digestOf(drill).failed].map(([check, cells]) => {
    const [{ cell, task }] = cells;
    return {
      drill: clean(name),
      check: clean(check),
      severity: cell.severity,
      cells: cells.length,
      reason: clean(task === undefined ? cell.reason : `${task.task} (${task.phase}): ${cell.reason}`),
      file: source?.file,
      line: source?.expect[check] ?? source?.line ?? 1,
      reproduce: clean(reproduce),
    };
  });
}

/** Those that matter most first: by severity, then by how many tasks they met. */
export const worstFirst = (groups: readonly FindingGroup[]): FindingGroup[] =>
  mostSevereFirst(groups.toSorted((a, b) => b.cells - a.cells));
