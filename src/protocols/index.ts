import type { Protocol } from '../core/protocol.ts';
import { anthropicMessages } from './anthropic-messages/index.ts';
import { gemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';

export const protocols: Protocol[] = [anthropicMessages, gemini, openaiChat, openaiResponses];
export { anthropicMessages, gemini, openaiChat, openaiResponses };
