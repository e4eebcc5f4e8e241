import type { Protocol } from '../core/protocol.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

export const protocols: Protocol[] = [anthropicMessages, openaiChat, openaiResponses];
export { anthropicMessages, openaiChat, openaiResponses };
