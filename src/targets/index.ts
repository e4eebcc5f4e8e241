import type { TargetKind } from '../core/plugin.ts';
import { module } from './module.ts';

export const targetKinds: TargetKind[] = [module];
