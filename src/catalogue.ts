import { says } from './checks/concept.ts';
import { checks } from './checks/index.ts';
import { sizeOf } from './checks/patterns.ts';
import { twinReadings } from './checks/readings.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import { reporters } from './reporters/index.ts';
import { targetKinds } from './targets/index.ts';
import { asTargets } from './targets/module.ts';

/** The one file that knows every plugin, and the reference target. */
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
