import { z } from 'zod';

/** How an HTTP handler is asked a task, and how its response is read. */
export const HandlerMapping = z
  .enum(['openai-chat', 'ai-sdk-ui', 'json', 'text'])
  .describe(
    'how an HTTP handler or service is asked: `openai-chat` a chat completion, `ai-sdk-ui` the messages of a useChat hook, ' +
      '`json` the task as it is and an outcome or an object with an `answer`, `text` plain text both ways',
  );
export type HandlerMapping = z.infer<typeof HandlerMapping>;
