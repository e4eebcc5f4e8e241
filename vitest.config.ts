import { defineConfig } from 'vitest/config';
import { HANG_GUARD_MS } from './src/hang-guard.fixture.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: HANG_GUARD_MS,
    hookTimeout: HANG_GUARD_MS,
    teardownTimeout: HANG_GUARD_MS,
    // What collects the traces of @openai/agents is one for a whole process, and its timer outlives a world; the command
    // plays each world in a process of its own, many tests do not.
    env: { OPENAI_AGENTS_DISABLE_TRACING: '1' },
    // Many tests wait for processes of their own: on two cores, one worker would leave one of them idle.
    maxWorkers: '100%',
  },
});
