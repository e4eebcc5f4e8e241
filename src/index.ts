/** The public API: run drills from code, and write plugins and targets with types. */
export type { Clock } from './core/clock.ts';
export type { Declaration, Role, Roles } from './core/declaration.ts';
export type { Drill } from './core/drill.ts';
export { DrillError, EXIT } from './core/errors.ts';
export type { Gathered } from './core/gathered.ts';
export type { GoldenTask } from './core/golden-task.ts';
export type { CallBody } from './core/model-call.ts';
export type { Reading } from './core/notices.ts';
export type { Outcome, Task } from './core/outcome.ts';
export {
  type Agent,
  type Check,
  defineDrillCheck,
  defineLogCheck,
  defineMeaningFault,
  defineReporter,
  defineTaskCheck,
  defineToolFault,
  defineWireFault,
  type Fault,
  failed,
  type Habitat,
  notApplicable,
  nothingToJudge,
  passed,
  type Reporter,
  type RunningTarget,
  type Target,
} from './core/plugin.ts';
export type { Protocol } from './core/protocol.ts';
export type { Random } from './core/random.ts';
export { DrillReport, RunReport } from './core/report.ts';
export { TraceEvent } from './core/trace.ts';
export type { Verdict } from './core/verdict.ts';
export type { Part } from './core/wire.ts';
export type { DrillFinding, DrillsOptions, RanDrill, RanDrills } from './from-code.ts';
export { runDrills } from './from-code.ts';
export { defineProtocol, type WrittenProtocol } from './protocols/define.ts';
export { installRoutes } from './world/routes.ts';
