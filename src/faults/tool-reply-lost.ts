import { defineToolFault } from '../core/plugin.ts';

export const toolReplyLost = defineToolFault({
  name: 'tool-reply-lost',
  summary: 'The tool does what it was asked, and the connection breaks before its reply.',
  effect: 'fails',
  example: '{ fault: tool-reply-lost, tool: issue_refund }',
  drill: 'tool_reply_lost',
  open: () => async (use, next, around) => {
    const { ok } = await next(use);
    around.fired(`the connection broke before the reply; it ${ok ? 'had worked' : 'had failed'}`);
    return { ok: false, code: 'timeout', cut: true, message: 'the connection broke before the reply' };
  },
});
