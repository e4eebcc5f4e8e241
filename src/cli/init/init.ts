import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CONFIG_FILE } from '../../config/config-file.ts';
import { kindOf, readText } from '../../config/read-file.ts';
import { DEFAULT_ROLES } from '../../config/target.ts';
import type { Roles } from '../../core/declaration.ts';
import { DrillError } from '../../core/errors.ts';
import { packageCommand } from '../commands/ci-files.ts';
import { readInstalled } from '../commands/ci-project.ts';
import { write } from '../commands/init.ts';
import type { Terminal } from '../terminal.ts';
import { adapterFile, adapterFor, exampleAgent, kebab, targetName } from './adapters.ts';
import { filesOf, type NewFile, type Plan } from './files.ts';
import { type FoundFunction, functionsIn, labelOf } from './functions.ts';
import { type FirstFlags, type Project, projectIn } from './project.ts';
import { rolesOf } from './roles.ts';
import { has, madeOf, type SourceFile } from './sources.ts';

/** What is drilled. */
type Choice =
  | { kind: 'function'; fn: FoundFunction }
  | { kind: 'command'; line: string }
  | { kind: 'url'; url: string; start?: string | undefined }
  | { kind: 'example' };

/** Writes a first drill of what is found in a folder; nothing that is there is changed. Throws a DrillError. */
export async function initFirst(flags: FirstFlags, terminal: Terminal): Promise<void> {
  const { cwd, stdout, confirm } = terminal;
  if (flags.force)
    throw new DrillError({
      message: 'what is there already is never written over',
      place: { file: '--force' },
      fix: 'Leave it out; it goes with --ci, whose one file can be written again.',
    });
  const project = projectIn(cwd);
  const asks = confirm !== undefined && !flags.yes && !flags.dryRun && flags.target === undefined;
  const answers = asks ? await (await import('./interview.ts')).interview(project, flags) : {};
  if (answers === undefined) return void stdout.write('nothing was written\n');
  const asked = { ...flags, ...answers };
  const choice = choose(asked, project);
  const { plan, adapter } = planOf(choice, asked, project);
  const all = [...(adapter === undefined ? [] : [adapter]), ...filesOf(plan)];
  const there = all.filter(({ path }) => kindOf(join(cwd, path)) !== undefined).map(({ path }) => path);
  for (const { path, text } of all) {
    if (there.includes(path)) stdout.write(`kept         ${path}, which is there already\n`);
    else if (flags.dryRun) stdout.write(`would write  ${path}\n${text.replace(/^(?=.)/gm, '  | ')}`);
    else {
      write(cwd, path, text, false);
      stdout.write(`wrote        ${path}\n`);
    }
  }
  ignoreReports(terminal, flags.dryRun);
  stdout.write(`\n${[...toldOf(choice, project, plan), ...nextSteps(plan, there, terminal)].join('\n')}\n`);
}

function choose({ target, start }: FirstFlags, { functions, files }: Project): Choice {
  if (target === 'example') return { kind: 'example' };
  if (target === undefined) {
    const [fn] = functions;
    return fn === undefined ? { kind: 'example' } : { kind: 'function', fn };
  }
  if (/^https?:\/\//.test(target)) return { kind: 'url', url: target, start };
  const [path = '', name] = target.replace(/^\.\//, '').split('#');
  // One that was named may call its model without any SDK.
  const own = files.filter((file) => file.path === path).flatMap(functionsIn);
  const fn = [...functions, ...own].find((one) => one.file.path === path && (name ?? one.name) === one.name);
  if (fn !== undefined) return { kind: 'function', fn };
  if (/\s/.test(target.trim())) return { kind: 'command', line: target };
  const known = functions.slice(0, 10).map(labelOf).join(', ');
  throw new DrillError({
    message: files.some((file) => file.path === path)
      ? `in ${path} no function was found that could be asked${name === undefined ? '' : ` as ${name}`}`
      : `there is no file ${path}`,
    place: { file: '--target' },
    fix: `Name FILE#EXPORT, a command ("node bot.js") or a URL${known === '' ? '' : `; found were ${known}`}.`,
  });
}

function planOf(choice: Choice, { workflow }: FirstFlags, project: Project): { plan: Plan; adapter?: NewFile } {
  const { files, style } = project;
  const path = adapterFile(style);
  const found = (some: readonly SourceFile[]): Roles => rolesOf(some) ?? twoOf(DEFAULT_ROLES);
  const named = (name: string) => ({ target: name, workflow: kebab(workflow ?? name) || 'my-tasks' });
  if (choice.kind === 'url') {
    const entry = { http: choice.url, ...(choice.start !== undefined && { start: choice.start }) };
    return { plan: { ...named('my-service'), entry, roles: found(files), wall: true } };
  }
  if (choice.kind === 'command')
    return { plan: { ...named('my-command'), entry: { command: choice.line }, roles: found(files), wall: true } };
  const wall = style.language === 'python';
  const asked = wall ? { command: `${style.python} ${path}` } : { module: `./${path}` };
  if (choice.kind === 'example') {
    const { primary } = DEFAULT_ROLES;
    const roles = { primary, backup: { ...primary, model: 'gpt-5-nano' } } as Roles;
    return { plan: { ...named('my-agent'), entry: asked, roles, wall }, adapter: { path, text: exampleAgent(style) } };
  }
  const { fn } = choice;
  const text = adapterFor(fn, style);
  const direct = {
    module: `./${fn.file.path}`,
    ...(fn.takes.what === 'request' && { as: fn.takes.as }),
  };
  const plan = { ...named(targetName(fn)), roles: found(madeOf(fn.file, files)), wall };
  if (text === undefined) return { plan: { ...plan, entry: direct } };
  return { plan: { ...plan, entry: asked }, adapter: { path, text } };
}

/** What the package's example has beside them is asked by its own workflows only. */
const twoOf = ({ primary, backup }: Roles): Roles => ({ primary, backup }) as Roles;

/** Reports hold what was asked and answered: they are no part of the project. */
function ignoreReports({ cwd, stdout }: Terminal, dryRun: boolean): void {
  const path = join(cwd, '.gitignore');
  const text = kindOf(path) === 'file' ? readText(path) : '';
  if (/^\/?reports\/?\s*$/m.test(text)) return;
  if (!dryRun) appendFileSync(path, `${text === '' || text.endsWith('\n') ? '' : '\n'}reports/\n`);
  stdout.write(`${dryRun ? 'would add   ' : 'added       '} reports/ to .gitignore\n`);
}

function toldOf(choice: Choice, { functions }: Project, { roles, entry }: Plan): string[] {
  const models = Object.entries(roles).map(([name, { model, protocol }]) => `${name} ${model} (${protocol})`);
  const more = functions.filter((fn) => choice.kind === 'function' && fn !== choice.fn).slice(0, 5);
  return [
    {
      function: () => [
        `drills ${choice.kind === 'function' ? labelOf(choice.fn) : ''}, which calls ${models.join(', then ')}`,
      ],
      command: () => [`drills the command ${String(entry['command'])}; its models: ${models.join(', then ')}`],
      url: () => [`drills the service at ${String(entry['http'])}; its models: ${models.join(', then ')}`],
      example: () => [
        'no function that calls a model was found: drills a small agent of its own, until you put yours in its place',
      ],
    }[choice.kind](),
    more.length === 0
      ? []
      : [
          `found as well: ${more.map(labelOf).join(', ')}; to take one of them, remove what was written and name it by --target`,
        ],
  ].flat();
}

function nextSteps({ target, entry }: Plan, there: readonly string[], { cwd }: Terminal): string[] {
  const installed = readInstalled(cwd);
  const { add, run } = packageCommand(installed, has(cwd, 'package.json'));
  const config = there.includes(CONFIG_FILE)
    ? ['', `${CONFIG_FILE} was kept. For this target, add to its \`targets\`:`, indented({ [target]: entry })]
    : [];
  const asked = there.includes(CONFIG_FILE) ? ` --target ${inQuotes(String(Object.values(entry)[0]))}` : '';
  return [
    ...config,
    '',
    'The files follow the seven layers in which a small team builds its failover:',
    '  1 normalised errors, 4 an explicit fallback   drill.config.yaml',
    '  2 strict schemas, 3 the fallback contract     fixtures/golden/*/contract.yaml',
    '  5 golden tasks                                fixtures/golden/*/*.yaml',
    '  6 timeout, rate limit, invalid reply          drills/*.yaml',
    '  7 useful degraded modes                       drills/nothing_answers.yaml',
    '',
    'Next:',
    ...(add === undefined ? [] : [`  ${add}`]),
    `  ${run} run model_hangs${asked}`,
    `  ${run} run${asked}                # all five`,
  ];
}

const inQuotes = (text: string) => (/\s/.test(text) ? `"${text}"` : text);

const indented = (value: unknown) => stringify(value).trimEnd().replace(/^/gm, '  ');
