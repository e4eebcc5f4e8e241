import { defineMeaningFault } from '../core/plugin.ts';
import { rewriting } from './rewriting.ts';

export const unknownTool = defineMeaningFault({
  name: 'unknown-tool',
  summary: 'The model calls a tool that does not exist: the name of the one it wants, slightly wrong.',
  effect: 'spoils',
  needs: 'tools',
  drill: 'no_tool_support',
  open: () =>
    rewriting(({ calls }, { tools }) => {
      if (calls.length === 0) return undefined;
      const renamed = calls.map((call) => ({
        ...call,
        name: strange(
          call.name,
          tools.map((t) => t.name),
        ),
      }));
      return { did: `calls ${renamed.map((c) => c.name).join(', ')}`, calls: renamed };
    }),
});

function strange(name: string, known: readonly string[]): string {
  const other = `do_${name}`;
  return known.includes(other) ? strange(other, known) : other;
}
