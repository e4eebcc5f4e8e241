import { DrillError } from '../core/errors.ts';
import type { Terminal } from './terminal.ts';

/** What `--ui` may be. */
export const UIS = ['auto', 'ink', 'plain', 'json'] as const;
export type Ui = (typeof UIS)[number];

/** How a run is shown, by what was asked for and what there is. Throws a DrillError. */
export function uiOf(
  { ui, json, ci }: { ui: Ui; json: boolean; ci: boolean },
  { screen, env }: Pick<Terminal, 'screen' | 'env'>,
): { json: boolean; ui: 'ink' | 'plain' | undefined } {
  if (json || ui === 'json') return { json: true, ui: undefined };
  if (ui === 'ink' && screen === undefined)
    throw new DrillError({
      message: 'there is no terminal that a screen could be drawn on: standard output goes elsewhere',
      place: { file: '--ui ink' },
      fix: 'Use --ui plain, or --ui auto, which draws a screen only where there is a terminal.',
    });
  const can = screen !== undefined && !ci && env['TERM'] !== 'dumb';
  return { json: false, ui: ui === 'ink' || (ui === 'auto' && can) ? 'ink' : 'plain' };
}
