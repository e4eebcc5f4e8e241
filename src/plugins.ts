import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Catalogue } from './config/catalogue-type.ts';
import { CONFIG_FILE, Plugins } from './config/config-file.ts';
import { namesIn } from './config/find.ts';
import { Problems } from './config/problems.ts';
import { displayPath, kindOf, readText, readUserFile } from './config/read-file.ts';
import { messageOf } from './core/errors.ts';
import type { Check, Fault, Reporter } from './core/plugin.ts';
import type { Protocol } from './core/protocol.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import { brokenLaw } from './protocols/laws.ts';
import { evaluateFirst } from './targets/evaluate.ts';
import { expectOthers } from './world/routes.ts';

type Kind = 'faults' | 'checks' | 'protocols' | 'reporters';

/** What comes of plugins that a project names in its configuration. */
export interface Plugged extends Pick<Catalogue, Kind> {
  /** Their files: other processes load them again. */
  modules: string[];
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const Card = z.looseObject({ name: z.string(), summary: z.string() });

/** Of which kind something is that a module exports: what the `define…` functions make is known by what it can do. */
function kindOfPlugin(plugin: object): Kind | undefined {
  const can = (what: string) => typeof Reflect.get(plugin, what) === 'function';
  if (can('arm')) return can('effectOf') ? 'faults' : 'checks';
  if (can('open')) return 'reporters';
  return can('readCall') || can('encoder') ? 'protocols' : undefined;
}

/** What one module exports. Rejects with whatever it throws. */
async function exportsOf(module: string): Promise<{ kind: Kind; plugin: Fault & Check & Protocol & Reporter }[]> {
  const all = Object.values(await evaluateFirst(module)).flatMap((plugin) => {
    const kind = Card.safeParse(plugin).success ? kindOfPlugin(plugin) : undefined;
    return kind === undefined ? [] : [{ kind, plugin }];
  });
  // In which order a module exports depends on how it is evaluated.
  return all.toSorted((a, b) => (a.plugin.name < b.plugin.name ? -1 : 1));
}

/** What a player needs of modules that were looked at before, beside what the package has of it. */
export async function playedWith(modules: readonly string[]): Promise<{ faults: Fault[]; protocols: Protocol[] }> {
  const all = (await Promise.all(modules.map(exportsOf))).flat();
  const those = (kind: Kind) => all.flatMap((one) => (one.kind === kind ? [one.plugin] : []));
  return { faults: [...faults, ...those('faults')], protocols: [...protocols, ...those('protocols')] };
}

/** The plugins that the configuration of a folder names, or the file named in its place. Rejects with a DrillError. */
export async function loadPlugins(project: string, beside: () => Promise<Catalogue>, named?: string): Promise<Plugged> {
  const plugged: Plugged = { faults: [], checks: [], protocols: [], reporters: [], modules: [] };
  if (named === undefined && !namesIn(project).includes(CONFIG_FILE)) return plugged;
  const file = resolve(project, named ?? CONFIG_FILE);
  // Most have none: then the file is read once, by whoever reads all of it.
  if (!readText(file).includes('plugins')) return plugged;
  const { data, place } = readUserFile(file);
  const read = z.looseObject({ plugins: Plugins }).safeParse(data);
  // What is wrong with it is told where the whole is read.
  if (!read.success) return plugged;
  expectOthers();
  const told = new Problems();
  const known = await beside();
  const written = () => [...known.reporters, ...plugged.reporters].flatMap((one) => one.file ?? []);
  for (const [i, path] of read.data.plugins.entries()) {
    const module = resolve(dirname(file), path);
    const tell = (message: string, fix: string) => told.tell(place(['plugins', i]), message, fix);
    if (kindOf(module) !== 'file') {
      tell('there is no such module', 'the path is seen from the folder of the configuration');
      continue;
    }
    try {
      const found = await exportsOf(module);
      if (found.length === 0)
        tell(
          'it exports no plugin',
          'export what `defineTaskCheck`, `defineMeaningFault`, `defineProtocol`, `defineReporter` … return',
        );
      for (const { kind, plugin } of found) {
        const { name, file: own = '' } = plugin;
        const others = [...known[kind], ...plugged[kind]];
        if (!NAME.test(name)) tell(`"${name}" is no name of a plugin`, 'write it in small letters, as in house-outage');
        else if (others.some((one) => one.name === name))
          tell(`the name "${name}" is taken among the ${kind}`, `give another to that of ${displayPath(module)}`);
        else if (kind === 'reporters' && written().includes(own))
          tell(`another reporter writes ${own}`, `let ${name} of ${displayPath(module)} write another file`);
        else {
          const unfit = kind === 'protocols' ? unfitBeside([...known[kind], ...plugged[kind]], plugin) : undefined;
          if (unfit === undefined) plugged[kind].push(plugin);
          else tell(`the protocol ${name} cannot be spoken: ${unfit}`, `mend it in ${displayPath(module)}`);
        }
      }
      plugged.modules.push(module);
    } catch (error) {
      const why = messageOf(error).split('\n')[0];
      tell(`it could not be loaded: ${why}`, 'mend the module so that it can be imported');
    }
  }
  told.end();
  return plugged;
}

/** A catalogue with plugins at the end of each kind; the same one where there are none. */
export function withPlugins(known: Catalogue, plugged: Omit<Plugged, 'modules'>): Catalogue {
  if (Object.values(plugged).every((all) => all.length === 0)) return known;
  return {
    ...known,
    faults: [...known.faults, ...plugged.faults],
    checks: [...known.checks, ...plugged.checks],
    protocols: [...known.protocols, ...plugged.protocols],
    reporters: [...known.reporters, ...plugged.reporters],
  };
}

/** Why a protocol cannot stand beside the others. */
function unfitBeside(others: readonly Protocol[], protocol: Protocol): string | undefined {
  const broken = brokenLaw(protocol);
  const twin = others.find((one) => one.baseOf(protocol.path) !== undefined);
  return broken ?? (twin && `${protocol.path} is where ${twin.name} is called`);
}
