import type { Protocol } from '../core/protocol.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { openaiChat } from './openai-chat/index.ts';

export const protocols: Protocol[] = [anthropicMessages, openaiChat];
export { anthropicMessages, openaiChat };
