import type { Fault } from '../core/plugin.ts';
import * as all from './all.ts';

export const faults: Fault[] = Object.values(all).toSorted((a, b) => (a.name < b.name ? -1 : 1));
