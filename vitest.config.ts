import { defineConfig } from 'vitest/config';
import { HANG_GUARD_MS } from './src/hang-guard.fixture.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: HANG_GUARD_MS,
    hookTimeout: HANG_GUARD_MS,
    teardownTimeout: HANG_GUARD_MS,
    // Many tests wait for processes of their own: on two cores, one worker would leave one of them idle.
    maxWorkers: '100%',
  },
});
