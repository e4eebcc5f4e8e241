import type { RunReport } from './core/report.ts';

/** All that may be compared of a run: of `run.json` what stands before `about`, which says when it was. */
export function told(code: number, runJson: string, trace = '') {
  const { verdict, score, drills }: RunReport = JSON.parse(runJson);
  // First, so that a difference begins with what it comes from.
  const reasons = drills.flatMap((drill) => drill.reasons);
  return { reasons, code, verdict, score, report: runJson.slice(0, runJson.lastIndexOf(',"about":')), trace };
}
