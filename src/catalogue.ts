import { checks } from './checks/index.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { faults } from './faults/index.ts';
import { loadPlugins, withPlugins } from './plugins.ts';
import { protocols } from './protocols/index.ts';
import { reporters } from './reporters/index.ts';
import { targetKinds } from './targets/index.ts';
import { asTargets } from './targets/module.ts';
import { says } from './text/concept.ts';
import { sizeOf } from './text/patterns.ts';
import { twinReadings } from './text/readings.ts';

/** The one file that knows every plugin, and the reference target. Of reporters it holds those of every run. */
export const catalogue: Catalogue = {
  protocols,
  faults,
  checks,
  says,
  sizeOf,
  twinReadings,
  reporters,
  targetKinds,
  builtinTargets: asTargets({
    reference: () => import('./runtime/reference.ts'),
  }),
};

/** The same with every reporter there is. */
export async function wholeCatalogue(): Promise<Catalogue> {
  const { reportersOnRequest } = await import('./reporters/on-request.ts');
  return { ...catalogue, reporters: [...catalogue.reporters, ...reportersOnRequest] };
}

/** The catalogue with the reporters of these names, if there are such: the whole one only where one of them is on request. */
export async function catalogueFor(reporters: readonly (string | undefined)[]): Promise<Catalogue> {
  const here = catalogue.reporters.map(({ name }) => name);
  return reporters.every((name) => name === undefined || here.includes(name)) ? catalogue : wholeCatalogue();
}

/** The same as a project has it, with the plugins that its configuration names. Rejects with a DrillError. */
export async function catalogueIn(project: string, { whole = false } = {}): Promise<Catalogue> {
  const plugged = await loadPlugins(project, wholeCatalogue);
  return withPlugins(whole ? await wholeCatalogue() : catalogue, plugged);
}
