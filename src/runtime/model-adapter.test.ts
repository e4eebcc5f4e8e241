import { expect, expectTypeOf, test } from 'vitest';
import type { ToolSchema } from '../core/model-call.ts';
import { FailureMode } from '../core/taxonomy.ts';
import { failureModeOf, type ModelAdapter, type ModelRequest, type ModelResult, statusOf } from './model-adapter.ts';

// The shapes of the guide, as it prints them.
type GuideRequest = {
  taskId: string;
  tenantId: string;
  messages: Array<{ role: 'system' | 'user' | 'assistant'; content: string }>;
  tools?: ToolSchema[];
  responseSchema?: unknown;
  maxOutputTokens: number;
  temperature: number;
  timeoutMs: number;
};
type GuideResult = {
  provider: string;
  model: string;
  status: 'ok' | 'timeout' | 'rate_limited' | 'blocked' | 'invalid_schema';
  text?: string;
  json?: unknown;
  usage?: { inputTokens: number; outputTokens: number; costUsd?: number };
  latencyMs: number;
  rawError?: string;
};
interface GuideAdapter {
  name: string;
  supportsTools: boolean;
  supportsJsonSchema: boolean;
  maxContextTokens: number;
  call(request: GuideRequest): Promise<GuideResult>;
}

test('what is written for the guide works here', () => {
  expectTypeOf<GuideRequest>().toExtend<ModelRequest>();
  expectTypeOf<GuideResult>().toExtend<ModelResult>();
  expectTypeOf<GuideAdapter>().toExtend<ModelAdapter>();
  // What is not the guide's is how a reply comes.
  expectTypeOf<keyof GuideRequest | 'stream' | 'streamMs'>().toEqualTypeOf<keyof ModelRequest>();
});

test('a status and a failure mode lead to each other', () => {
  const result = { provider: 'p', model: 'm', latencyMs: 1 };
  expect(failureModeOf({ ...result, status: 'ok' })).toBeNull();
  expect(failureModeOf({ ...result, status: 'rate_limited' })).toBe('rate_limit');
  expect(failureModeOf({ ...result, status: 'failed', failureMode: 'auth' })).toBe('auth');
  for (const failureMode of FailureMode.options)
    expect(failureModeOf({ ...result, status: statusOf(failureMode), failureMode })).toBe(failureMode);
});
