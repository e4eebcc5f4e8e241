import type { Command } from 'commander';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { listDrills, listWorkflows } from '../../config/find.ts';
import type { Terminal } from '../terminal.ts';
import { PAGES } from './pages.ts';
import { SHAPES } from './shapes.ts';

/** What each shell sources; the words themselves come from drill, as they depend on the folder. */
const SCRIPTS: Record<string, string> = {
  bash: `_drill() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command=""
  ((COMP_CWORD > 1)) && command="\${COMP_WORDS[1]}"
  COMPREPLY=($(compgen -W "$(drill completion words $command 2>/dev/null)" -- "$word"))
}
complete -o default -F _drill drill
`,
  zsh: `#compdef drill
_drill() {
  local command=""
  ((CURRENT > 2)) && command="\${words[2]}"
  local -a all=(\${(f)"$(drill completion words $command 2>/dev/null)"})
  compadd -a all
  _files
}
compdef _drill drill
`,
  fish: `complete -c drill -a '(
  set -l said (commandline -opc)
  if test (count $said) -gt 1
    drill completion words $said[2] 2>/dev/null
  else
    drill completion words 2>/dev/null
  end
)'
`,
};

/** Prints what a shell reads so that it completes the command, or the words that may follow. Throws a DrillError. */
export function completion(
  [shell = '', command]: readonly string[],
  program: Command,
  catalogue: Catalogue,
  { cwd, stdout }: Pick<Terminal, 'cwd' | 'stdout'>,
): void {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  const text = shell === 'words' ? `${wordsAfter(command, program, catalogue, cwd).join('\n')}\n` : script;
  if (text !== undefined) {
    stdout.write(text);
    return;
  }
  const message = `there is no shell "${shell}" that can be told of drill’s words`;
  throw unknown(message, 'drill completion', shell, Object.keys(SCRIPTS), 'shells');
}

function wordsAfter(command: string | undefined, program: Command, catalogue: Catalogue, cwd: string): string[] {
  if (command === undefined) return program.commands.map((one) => one.name());
  const options =
    program.commands.find((one) => one.name() === command)?.options.flatMap(({ long }) => long ?? []) ?? [];
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);
  const drills = names(listDrills(cwd));
  const { faults, checks, protocols } = catalogue;
  const own: Record<string, () => string[]> = {
    run: () => drills,
    explain: () => [
      ...[...drills, ...names(listWorkflows(cwd)), ...names(faults), ...names(checks), ...names(protocols)],
      ...[...Object.keys(PAGES), ...Object.keys(SHAPES)],
    ],
    selftest: () => names(faults),
    list: () => ['drills', 'workflows', 'faults', 'checks', 'protocols', 'targets', 'reporters'],
    completion: () => Object.keys(SCRIPTS),
  };
  return [...(Object.hasOwn(own, command) ? (own[command]?.() ?? []) : []), ...options];
}
