import { z } from 'zod';

/** Parameters are bounded, all of them. */
export const whole = (min: number, max: number) => z.number().int().min(min).max(max);
export const share = () => z.number().min(0).max(1);

export const HOUR_MS = 3_600_000;
