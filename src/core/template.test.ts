import { expect, test } from 'vitest';
import { filled, filledText, problemIn, variablesIn } from './template.ts';

const task = {
  ...{ id: 't-1', workflow: 'w', tenant: 'a', priority: 'normal' as const, input: 'Why?', deadline_ms: 1 },
  sources: [{ id: 's', text: 'So.' }],
};
const filling = { task, roles: { primary: { base_url: 'http://127.0.0.1:1/v1' } }, env: { TOKEN: 'secret' } };
const hole = (name: string) => `\${${name}}`;

test('a hole alone becomes the value, a part of a text its text; what there is not is left out', () => {
  const template = {
    question: `Q: ${hole('task.input')} (${hole('task.sources')})`,
    docs: [hole('task.sources'), hole('task.sources.0.id')],
    stream: hole('task.stream'),
    deep: { url: `${hole('roles.primary.base_url')}/x`, n: 1, none: null },
  };
  expect(filled(template, filling)).toEqual({
    question: 'Q: Why? ([{"id":"s","text":"So."}])',
    docs: [task.sources, 's'],
    deep: { url: 'http://127.0.0.1:1/v1/x', n: 1, none: null },
  });
  expect(filledText(`Bearer ${hole('env:TOKEN')}`, filling)).toBe('Bearer secret');
  expect(filledText(hole('task.stream'), filling)).toBe('');
});

test('a value that looks like a template is a value', () => {
  const tricky = { ...task, input: hole('env:TOKEN') };
  expect(filled([hole('task.input'), `> ${hole('task.input')}`], { ...filling, task: tricky })).toEqual([
    hole('env:TOKEN'),
    `> ${hole('env:TOKEN')}`,
  ]);
});

test('only what stands for something may be asked for', () => {
  for (const good of ['task', 'task.input', 'task.sources.0.id', 'env:A_1', 'roles.backup-2.model'])
    expect(problemIn(`a ${hole(good)} b`), good).toBeUndefined();
  for (const bad of [
    '',
    'input',
    'sources',
    'task.inptu',
    'env:',
    'env.A',
    'roles.backup',
    'roles.x.price',
    'constructor',
  ])
    expect(problemIn(`a ${hole('task')} ${hole(bad)} b`), bad).toContain(`${hole(bad)} stands for nothing`);
});

test('names the variables it needs, once each', () => {
  expect(variablesIn([hole('env:A'), { b: `${hole('env:B')}${hole('env:A')}` }])).toEqual(['A', 'B']);
});
