import { expect, test } from 'vitest';
import { type Approval, type ToolErrorCode, ToolFailure } from '../core/tools.ts';
import { act, type Hands } from './acting.ts';

const ARGS = { order_id: '991' };

function stage(approval: Approval, failures: ToolErrorCode[] = []) {
  const keys: (string | undefined)[] = [];
  const parameters = { type: 'object', required: ['order_id'] };
  const hands: Hands = {
    tools: {
      schemas: ['refund', 'lookup', 'close'].map((name) => ({ name, parameters })),
      async call(_name, _args, { idempotency_key } = {}) {
        keys.push(idempotency_key);
        const code = failures.shift();
        if (code !== undefined) throw new ToolFailure(code, 'no');
        return { ok: true };
      },
    },
    approve: async () => approval,
    rules: {
      lookup: 'read',
      refund: { write: true, approval: 'human', forbidden: false },
      close: { write: true, approval: 'none', forbidden: true },
    },
    allowed: ['refund', 'lookup', 'close'],
    taskId: 't1',
  };
  return { hands, keys };
}

test.each([
  ['denied', 'denied'],
  ['silence', 'silence'],
] as const)('%s is no yes', async (approval, because) => {
  const { hands, keys } = stage(approval);
  expect(await act(hands, 'refund', ARGS)).toMatchObject({ done: 'no', because });
  expect(keys).toEqual([]);
});

test.each([
  ['close', ARGS, 'forbidden'],
  ['delete', ARGS, 'forbidden'],
  ['refund', {}, 'invalid'],
])('%s with %o is not carried out', async (tool, args, because) => {
  const { hands, keys } = stage('granted');
  expect(await act(hands, tool, args)).toMatchObject({ done: 'no', because });
  expect(keys).toEqual([]);
});

test('a write that got no answer is tried once more with its key, and then nobody knows', async () => {
  const once = stage('granted', ['timeout']);
  expect(await act(once.hands, 'refund', ARGS)).toMatchObject({ done: 'yes' });
  expect(new Set(once.keys).size).toBe(1);
  expect(once.keys).toHaveLength(2);
  const never = stage('granted', ['timeout', 'timeout', 'timeout']);
  expect(await act(never.hands, 'refund', ARGS)).toMatchObject({ done: 'unknown', because: 'failed' });
  expect(never.keys).toHaveLength(2);
  const failed = stage('granted', ['error']);
  expect(await act(failed.hands, 'refund', ARGS)).toMatchObject({ done: 'no' });
  expect(failed.keys).toHaveLength(1);
});

test('a lookup needs neither a yes nor a key', async () => {
  const { hands, keys } = stage('denied');
  expect(await act(hands, 'lookup', ARGS)).toMatchObject({ done: 'yes', content: '{"ok":true}' });
  expect(keys).toEqual([undefined]);
});
