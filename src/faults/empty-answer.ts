import { defineMeaningFault } from '../core/plugin.ts';
import { rewriting } from './rewriting.ts';

export const emptyAnswer = defineMeaningFault({
  name: 'empty-answer',
  summary: 'The model ends its turn well and has said nothing: a good status and usage, no text, no tool call.',
  effect: 'spoils',
  example: '{ fault: empty-answer, role: backup }',
  open: () =>
    rewriting(({ text, calls }) => {
      if (text === '' && calls.length === 0) return undefined;
      return { did: 'says nothing', text: '', calls: [] };
    }),
});
