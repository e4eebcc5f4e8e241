import type { Dialect } from '../dialect.ts';
import { azure } from './azure.ts';
import { mistral } from './mistral.ts';
import { ollama } from './ollama.ts';
import { openrouter } from './openrouter.ts';
import { vllm } from './vllm.ts';

export const dialects: Readonly<Record<string, Dialect>> = { azure, mistral, ollama, openrouter, vllm };
