import type { TargetKind } from '../core/plugin.ts';
import { command } from './command.ts';
import { http } from './http.ts';
import { module } from './module.ts';

export const targetKinds: TargetKind[] = [module, command, http];
