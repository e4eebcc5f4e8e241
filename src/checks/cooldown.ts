import { DEFAULT_COOLDOWN_MS, type ResolvedDeclaration } from '../core/declaration.ts';

/** How long a target may leave a role alone after it failed: as it declares, else a minute. */
export const cooldownOf = ({ cooldown_ms = DEFAULT_COOLDOWN_MS }: ResolvedDeclaration): number => cooldown_ms;
