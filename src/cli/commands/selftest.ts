import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { EXIT } from '../../core/errors.ts';
import { selftest, type Tried } from '../../selftest.ts';
import type { Terminal } from '../terminal.ts';

/**
 * Fires these faults, or all there are, over sockets and tells what a client saw of each. Returns the exit code: 1 where one
 * of them did not do what it says. Throws a DrillError for a fault that does not exist.
 */
export async function fireFaults(
  names: readonly string[],
  { json }: { json: boolean },
  catalogue: Catalogue,
  { stdout }: Pick<Terminal, 'stdout'>,
): Promise<number> {
  const known = catalogue.faults.map(({ name }) => name);
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw unknown(`there is no fault "${strange}"`, 'drill selftest', strange, known, 'faults');
  const tried = await selftest(
    catalogue.faults.filter(({ name }) => names.length === 0 || names.includes(name)),
    catalogue,
  );
  const broken = tried.filter(({ problem }) => problem !== undefined);
  const counts = { tried: tried.length, observed: tried.length - broken.length };
  stdout.write(json ? `${JSON.stringify({ ...counts, faults: tried }, null, 2)}\n` : tableOf(tried, counts.observed));
  return broken.length === 0 ? EXIT.passed : EXIT.failed;
}

function tableOf(tried: readonly Tried[], observed: number): string {
  const rows = tried.map((one) => ({ ...one, use: useOf(one) }));
  const width = Math.max(...rows.map(({ use }) => use.length));
  const lines = rows.map(({ use, effect, saw, problem }) => {
    const what = problem === undefined ? saw : [`BROKEN: ${problem}`, saw].filter(Boolean).join('; ');
    return `${use.padEnd(width)}  ${effect.padEnd('cheapens'.length)}  ${what}`;
  });
  const broken = [...new Set(tried.filter(({ problem }) => problem !== undefined).map(({ fault }) => fault))];
  const end = `${observed} of ${tried.length} observed by a client over a socket`;
  return `${[...lines, '', broken.length === 0 ? end : `${end}; broken: ${broken.join(', ')}`].join('\n')}\n`;
}

const useOf = ({ fault, at, params }: Tried): string =>
  [`${fault}@${at}`, ...Object.entries(params).map(([key, value]) => `${key}=${said(value)}`)].join(',');

const said = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
