import { parse } from 'yaml';
import { FAULT_USE_KEYS, FaultUse, paramsOf, placeOf } from '../core/drill.ts';
import { DrillError, orElse, type Place } from '../core/errors.ts';
import type { Fault } from '../core/plugin.ts';
import { TriggerSpec } from '../core/trigger.ts';
import { exampleOf } from './alternatives.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import { inspect } from './issues.ts';
import { Problems } from './problems.ts';

/** What there is that a fault can be armed on; `tools` are the workflow's, where they are known. */
export interface Breakable {
  roles: readonly string[];
  tools?: readonly string[] | undefined;
}

/**
 * Reads `fault@role[,param=value…]`, as `--fault` takes it; a fault of tools has a tool in the role's place. Values are
 * YAML scalars. When it fires is written beside its parameters: `probability=0.05`, `calls=1+3`. Throws a DrillError.
 */
export function faultFromFlag(
  text: string,
  catalogue: Pick<Catalogue, 'faults'>,
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
  const given = pairs.map((pair): [string, unknown] => {
    const cut = pair.indexOf('=');
    if (cut < 1) throw invalid(`"${pair}" is not param=value`, example);
    return [pair.slice(0, cut).trim(), scalar(pair.slice(cut + 1))];
  });
  const [when, params] = [true, false].map((ofTrigger) =>
    given.filter(([key]) => key in TriggerSpec.shape === ofTrigger),
  );
  return checkedUse(
    {
      ...Object.fromEntries(params ?? []),
      ...(when?.length && { when: Object.fromEntries(when.map(([key, value]) => [key, numbered(key, value)])) }),
      fault: name,
      [fault?.kind === 'tool' ? 'tool' : 'role']: at,
    },
    catalogue,
    { roles, tools },
    place,
  );
}

/** The numbers of calls are a list. */
const numbered = (key: string, value: unknown): unknown =>
  key === 'calls' ? String(value).split('+').map(scalar) : value;

/** A fault as a drill would use it, of a run that has these roles and tools. Throws a DrillError. */
export function checkedUse(
  given: unknown,
  { faults }: Pick<Catalogue, 'faults'>,
  { roles, tools }: Breakable,
  place: Place,
): FaultUse {
  const told = new Problems();
  const here = { value: given, place: () => place };
  const use = inspect(told, FaultUse, here);
  told.end();
  if (use === undefined) throw told.error();
  const invalid = (message: string, fix: string) => new DrillError({ message, place, fix });
  const fault = faults.find((one) => one.name === use.fault);
  const names = faults.map((one) => one.name);
  if (fault === undefined) throw invalid(`unknown fault "${use.fault}"`, suggest(use.fault, names, 'faults'));
  const kind = fault.kind === 'tool' ? 'tool' : 'role';
  const at = placeOf(use);
  if (use[kind] === undefined)
    throw invalid(`${use.fault} breaks a ${kind}`, `write \`${kind}\` in the place of what is there`);
  const known = kind === 'tool' ? tools : roles;
  if (known?.includes(at) === false)
    throw invalid(`there is no ${kind} "${at}" in this run`, suggest(at, known, `${kind}s`));
  inspect(told, fault.params, { value: paramsOf(use), place: () => place, otherKeys: FAULT_USE_KEYS });
  told.end();
  return use;
}

/** A fault's example as the flag takes it, which is scalars only. */
export function flagOf(fault: Fault): string {
  const use = exampleOf(fault);
  const params = Object.entries(paramsOf(use)).filter(([, value]) => typeof value !== 'object');
  return [`${use.fault}@${placeOf(use)}`, ...params.map(([key, value]) => `${key}=${value}`)].join(',');
}

const scalar = (text: string): unknown =>
  orElse(() => parse(text, { logLevel: 'silent', schema: 'core', resolveKnownTags: false }), text);
