import { intro, isCancel, outro, select, text } from '@clack/prompts';
import { kebab } from './adapters.ts';
import { labelOf } from './functions.ts';
import type { FirstFlags, Project } from './project.ts';

/** Asks whoever sits there what a first drill is about; undefined where they leave. */
export async function interview(
  { functions }: Project,
  flags: FirstFlags,
): Promise<Pick<FirstFlags, 'target' | 'start' | 'workflow'> | undefined> {
  intro('A first drill: your own code, three golden tasks, five ways in which a model fails');
  const found = functions.slice(0, 8).map((fn) => ({ value: labelOf(fn), label: labelOf(fn) }));
  const target = await select({
    message: 'What answers your users?',
    options: [
      ...found,
      { value: 'url', label: 'an HTTP service', hint: 'in any language' },
      { value: 'command', label: 'a program', hint: 'it reads a task on standard input and writes its answer' },
      { value: 'example', label: 'something else', hint: 'begin with a small agent, and put yours in its place' },
    ],
  });
  if (isCancel(target)) return undefined;
  const named = await nameOf(target);
  if (named === undefined) return undefined;
  const workflow =
    flags.workflow ??
    (await text({
      message: 'What does it do for them? The golden tasks are kept under this name.',
      placeholder: 'support',
      validate: (given) => (kebab(given ?? '') === '' ? 'a word or two, in letters' : undefined),
    }));
  if (isCancel(workflow)) return undefined;
  outro('Nothing that is there is written over.');
  return { ...named, workflow };
}

async function nameOf(target: string): Promise<Pick<FirstFlags, 'target' | 'start'> | undefined> {
  if (target === 'command') {
    const line = await text({ message: 'By which command is it started?', placeholder: 'node bot.js' });
    return isCancel(line) ? undefined : { target: line };
  }
  // `example` too is a word of --target.
  if (target !== 'url') return { target };
  const url = await text({
    message: 'Where is it asked?',
    placeholder: 'http://127.0.0.1:8080/ask',
    validate: (given) => (URL.canParse(given ?? '') ? undefined : 'a URL, as in http://127.0.0.1:8080/ask'),
  });
  if (isCancel(url)) return undefined;
  const start = await text({
    message: 'What starts it? Leave this empty where it runs already.',
    placeholder: 'npm start',
    defaultValue: '',
  });
  return isCancel(start) ? undefined : { target: url, ...(start !== '' && { start }) };
}
