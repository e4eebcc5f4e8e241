import { checks } from './checks/index.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import { reporters } from './reporters/index.ts';
import { targetKinds } from './targets/index.ts';
import { asTargets } from './targets/module.ts';
import { says } from './text/concept.ts';
import { sizeOf } from './text/patterns.ts';
import { twinReadings } from './text/readings.ts';

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
