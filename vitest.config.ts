import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { HANG_GUARD_MS } from './src/hang-guard.fixture.ts';
import { PLAYING, TOGETHER } from './src/test-processes.fixture.ts';

export default defineConfig({
  // As in the bundle.
  resolve: { alias: [{ find: /^zod$/, replacement: join(import.meta.dirname, 'src/core/late-zod.ts') }] },
  test: {
    testTimeout: HANG_GUARD_MS,
    hookTimeout: HANG_GUARD_MS,
    teardownTimeout: HANG_GUARD_MS,
    // Without it @openai/agents collects what it would send to its maker.
    env: { OPENAI_AGENTS_DISABLE_TRACING: '1' },
    // Many tests wait for processes of their own: on two cores, one worker would leave one of them idle.
    maxWorkers: '100%',
    // Most of what tests allocate dies young: a larger young generation is collected less often.
    execArgv: ['--max-semi-space-size=64'],
    projects: [
      // To import everything anew for each of many small files takes longer than what they do.
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
      { extends: true, test: { name: 'playing', include: PLAYING, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['src/**/*.test.ts'], exclude: [...TOGETHER, ...PLAYING] } },
    ],
  },
});
