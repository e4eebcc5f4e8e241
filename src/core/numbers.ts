import { z } from 'zod';

/** Parameters are bounded, all of them. */
export const whole = (min: number, max: number) => z.number().int().min(min).max(max);

export const HOUR_MS = 3_600_000;
