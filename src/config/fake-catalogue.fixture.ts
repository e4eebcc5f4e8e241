import { RE2JS } from 're2js';
import { z } from 'zod';
import { defineMeaningFault, defineTaskCheck, defineToolFault, nothingToJudge } from '../core/plugin.ts';
import type { Catalogue } from './catalogue-type.ts';

/** A small catalogue for tests of whoever is handed one. */
export const fakeCatalogue: Catalogue = {
  protocols: [],
  faults: [
    defineMeaningFault({
      name: 'hang',
      summary: 'A call is accepted and never answered.',
      effect: 'fails',
      params: z.strictObject({}),
      example: '{ fault: hang, role: primary }',
      open: () => (call, next) => next(call),
    }),
    defineMeaningFault({
      name: 'server-error',
      summary: 'The provider answers with a 5xx.',
      effect: 'fails',
      params: z.strictObject({
        status: z.number().int().min(500).max(599).default(500).describe('HTTP status'),
        shape: z.enum(['json', 'html']).default('json'),
      }),
      example: '{ fault: server-error, role: primary, status: 503 }',
      magnitude: { param: 'status', zero: 500 },
      open: () => (call, next) => next(call),
    }),
  ],
  checks: [
    defineTaskCheck({
      name: 'fails-over',
      summary: 'Where the primary fails, the answer comes from another role, in time.',
      severity: 'critical',
      feature: 'fallback',
      reads: 'the calls',
      skips: 'no fault is armed',
      params: z.strictObject({
        role: z.string().optional().describe('who must answer'),
        within_ms: z.number().int().min(1).max(3_600_000).describe('milliseconds from the ask'),
      }),
      example: 'fails-over: { role: backup, within_ms: 8000 }',
      judge: () => nothingToJudge('nothing failed'),
    }),
    defineTaskCheck({
      name: 'ends-in-time',
      summary: 'Every task ends inside its deadline.',
      severity: 'critical',
      reads: 'the ask and its end',
      params: z.strictObject({}),
      example: 'ends-in-time: {}',
      judge: () => nothingToJudge('nothing was asked'),
    }),
    defineTaskCheck({
      name: 'cites',
      summary: 'The answer cites its sources.',
      severity: 'critical',
      gate: true,
      reads: 'the outcome',
      params: z.strictObject({}),
      example: 'cites: {}',
      judge: () => nothingToJudge('nothing was cited'),
    }),
  ],
  // A text says a concept that holds one of its patterns, word for word.
  says: (text, concept) => concept.says.some((words) => text.includes(words)),
  sizeOf: (pattern) => RE2JS.compile(pattern).programSize(),
  // Texts without placeholders fit only themselves.
  twinReadings: (readings) =>
    readings.flatMap(({ text }, later) => {
      const earlier = readings.findIndex((one) => one.text === text);
      return earlier < later ? [{ earlier, later }] : [];
    }),
  reporters: [],
  targetKinds: [],
  builtinTargets: {},
};

export const fakeToolFault = defineToolFault({
  name: 'tool-error',
  summary: 'The tool fails at once.',
  effect: 'fails',
  params: z.strictObject({}),
  example: '{ fault: tool-error, tool: pay }',
  open: () => (use, next) => next(use),
});
