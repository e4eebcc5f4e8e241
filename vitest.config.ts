import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Many tests wait for processes of their own: on two cores, one worker would leave one of them idle.
  test: { include: ['src/**/*.test.ts'], testTimeout: 60_000, maxWorkers: '100%' },
});
