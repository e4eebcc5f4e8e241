import { parse } from 'yaml';
import { FaultUse, paramsOf, placeOf } from '../core/drill.ts';
import { DrillError } from '../core/errors.ts';
import type { Fault } from '../core/plugin.ts';
import { exampleOf } from './alternatives.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import { inspect } from './issues.ts';
import { Problems } from './problems.ts';

/**
 * Reads `fault@role[,param=value…]`, as `--fault` takes it; a fault of tools has a tool in the role's place. Values are
 * YAML scalars. `tools` are the workflow's, where they are known. Throws a DrillError.
 */
export function faultFromFlag(
  text: string,
  catalogue: Catalogue,
  roles: readonly string[],
  tools?: readonly string[],
): FaultUse {
  const place = { file: `--fault ${text}` };
  const invalid = (message: string, fix: string) => new DrillError({ message, place, fix });
  const [head = '', ...pairs] = text.split(',');
  const [name = '', at = '', ...more] = head.split('@');
  const fault = catalogue.faults.find((one) => one.name === name);
  const example = `e.g. \`--fault ${fault === undefined ? 'hang@primary' : flagOf(fault)}\``;
  if (name === '' || at === '' || more.length > 0)
    throw invalid('a fault is written fault@role, or fault@tool for a fault of tools', example);
  const names = catalogue.faults.map((one) => one.name);
  if (fault === undefined) throw invalid(`unknown fault "${name}"`, suggest(name, names, 'faults'));
  const kind = fault.kind === 'tool' ? 'tool' : 'role';
  const known = kind === 'tool' ? tools : roles;
  if (known?.includes(at) === false)
    throw invalid(`there is no ${kind} "${at}" in this run`, suggest(at, known, `${kind}s`));
  const params = Object.fromEntries(
    pairs.map((pair): [string, unknown] => {
      const cut = pair.indexOf('=');
      if (cut < 1) throw invalid(`"${pair}" is not param=value`, example);
      return [pair.slice(0, cut).trim(), scalar(pair.slice(cut + 1))];
    }),
  );
  const told = new Problems();
  inspect(told, fault.params, { value: params, place: () => place });
  told.end();
  return FaultUse.parse({ ...params, fault: name, [kind]: at });
}

/** A fault's example as the flag takes it, which is scalars only. */
export function flagOf(fault: Fault): string {
  const use = exampleOf(fault);
  const params = Object.entries(paramsOf(use)).filter(([, value]) => typeof value !== 'object');
  return [`${use.fault}@${placeOf(use)}`, ...params.map(([key, value]) => `${key}=${value}`)].join(',');
}

function scalar(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent', schema: 'core', resolveKnownTags: false });
  } catch {
    return text;
  }
}
