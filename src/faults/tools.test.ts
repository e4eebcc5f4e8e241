import { expect, it } from 'vitest';
import { toolEmpty } from './tool-empty.ts';
import { toolError } from './tool-error.ts';
import { toolReplyLost } from './tool-reply-lost.ts';
import { toolTimeout } from './tool-timeout.ts';
import { toolTimeoutAfterEffect } from './tool-timeout-after-effect.ts';
import { useTool } from './trial.fixture.ts';

const done = { ok: true, value: { refund: 'r1' } } as const;

it('an error has no effect', async () => {
  expect(await useTool(toolError, {}, done)).toMatchObject({
    result: { ok: false, code: 'error' },
    effects: 0,
    took: 0,
  });
});

it('after a timeout nobody can tell whether it happened', async () => {
  const params = { after_ms: 3000 };
  const before = await useTool(toolTimeout, params, done);
  const after = await useTool(toolTimeoutAfterEffect, params, done);
  expect(before).toMatchObject({ result: { ok: false, code: 'timeout' }, effects: 0, took: 3000 });
  expect(after).toMatchObject({ result: before.result, effects: 1, took: 3000 });
  expect(before.fired).not.toEqual(after.fired);
});

it('where the reply is lost, it happened', async () => {
  const seen = { result: { ok: false, code: 'timeout', cut: true }, effects: 1, took: 0 };
  expect(await useTool(toolReplyLost, {}, done)).toMatchObject(seen);
});

it('an empty value hides what was done, and a failure is not its business', async () => {
  expect(await useTool(toolEmpty, {}, done)).toMatchObject({ result: { ok: true, value: {} }, effects: 1 });
  expect((await useTool(toolEmpty, {}, { ok: true, value: [1] })).result).toEqual({ ok: true, value: [] });
  const failed = { ok: false, code: 'error', message: 'no' } as const;
  expect(await useTool(toolEmpty, {}, failed)).toMatchObject({ result: failed, fired: [] });
});
