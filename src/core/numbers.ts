import { z } from 'zod';

/** Parameters are bounded, all of them. */
export const whole = (min: number, max: number) => z.number().int().min(min).max(max);
export const share = () => z.number().min(0).max(1);

export const HOUR_MS = 3_600_000;

/** What a target still does after its user left is waited for so long. */
export const AFTERMATH_MS = 10_000;
