import type { Message } from '../core/model-call.ts';
import type { Task } from '../core/outcome.ts';
import type { Payload } from './failover.ts';

/** What a model is asked: rules of its own, what was said before, the evidence and the question. */
export function payloadOf(task: Task, rules: string): Payload {
  return {
    taskId: task.id,
    tenantId: task.tenant,
    messages: [
      { role: 'system', content: rules },
      ...(task.history ?? []),
      { role: 'user', content: withSources(task, task.input), ...picturesOf(task) },
    ],
    maxOutputTokens: 1024,
    temperature: 0,
    ...(task.stream && { stream: true }),
  };
}

/** Where the context is too small, what was said before goes first, and nothing else does. */
export const withoutHistory = ({ history, ...task }: Task): Task => task;

/** The evidence, each source with the id that it is cited by, and then some words. */
export function withSources({ sources }: Task, ...words: string[]): string {
  let pictures = 0;
  const evidence = sources.map(({ id, text, image }) => {
    if (image !== undefined) pictures += 1;
    return `<source id="${id}">\n${image === undefined ? text : `picture ${pictures}`}\n</source>`;
  });
  return [...evidence, ...words].join('\n\n');
}

/** In the order in which the evidence names them. */
export function picturesOf({ sources }: Task): Pick<Message, 'images'> {
  const images = sources.flatMap(({ image }) => image ?? []);
  return images.length === 0 ? {} : { images };
}
