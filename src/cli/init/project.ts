import { join } from 'node:path';
import { readText } from '../../config/read-file.ts';
import type { Style } from './adapters.ts';
import { type FoundFunction, findFunctions } from './functions.ts';
import { sdksOf } from './roles.ts';
import { has, type SourceFile, sourcesIn } from './sources.ts';

export interface FirstFlags {
  /** `FILE#EXPORT`, a command, or a URL. */
  target?: string | undefined;
  /** What starts the service at the URL. */
  start?: string | undefined;
  workflow?: string | undefined;
  yes: boolean;
  force: boolean;
  dryRun: boolean;
}

/** What the project's folder tells. */
export interface Project {
  files: SourceFile[];
  functions: FoundFunction[];
  style: Style;
}

/** What shows that a project is one of Python. */
const PYTHON = ['pyproject.toml', 'requirements.txt', 'setup.py', 'Pipfile', 'uv.lock'];

/** Reads the project in a folder. */
export function projectIn(cwd: string): Project {
  const all = sourcesIn(cwd);
  const calls = (language: Style['language']) => all.some((one) => one.language === language && sdksOf(one).length > 0);
  // Where both are, the one that calls a model is the product.
  const isPython = has(cwd, 'package.json') ? calls('python') && !calls('js') : has(cwd, ...PYTHON) || calls('python');
  const language = isPython ? 'python' : 'js';
  const config = has(cwd, 'tsconfig.json') ? readText(join(cwd, 'tsconfig.json')) : '';
  const typescript = config !== '' || all.some(({ path }) => /\.tsx?$/.test(path));
  const files = all.filter((one) => one.language === language);
  const style: Style = {
    language,
    python: ['.venv/bin/python', 'venv/bin/python'].find((path) => has(cwd, path)) ?? 'python3',
    typescript,
    nodeNext: /"module(Resolution)?"\s*:\s*"node(16|18|20|next)"/i.test(config),
  };
  return { files, functions: findFunctions(files), style };
}
