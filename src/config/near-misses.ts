import { dirname, join, resolve } from 'node:path';
import { CONFIG_FILE } from './config-file.ts';
import { dataFilesIn, namesIn } from './find.ts';
import { displayPath, kindOf } from './read-file.ts';

/** A file that looks as if drill would read it, and that it does not read. */
export interface NearMiss {
  file: string;
  fix: string;
}

const OTHER_NAMES = /^\.?drills?(\.config|rc)?\.(ya?ml|json|[cm]?[jt]s|toml)$/;

/** Files near a project that are not what their authors may take them for. */
export function nearMisses(cwd: string): NearMiss[] {
  const home = resolve(cwd);
  const names = namesIn(home);
  const configs = names.filter((name) => name !== CONFIG_FILE && OTHER_NAMES.test(name));
  return [
    ...configs.map((name) => ({ file: name, fix: `drill reads ${CONFIG_FILE}: rename it` })),
    ...(names.includes(CONFIG_FILE) ? [] : above(dirname(home), home)),
    ...dataFilesIn(join(home, 'drill')).map((path) => ({
      file: displayPath(path),
      fix: 'drills are found in drills/: move it there, or name it by its path',
    })),
  ];
}

/** The nearest configuration in a folder above, as far as the repository reaches. */
function above(folder: string, below: string): NearMiss[] {
  if (kindOf(join(below, '.git')) !== undefined || folder === below) return [];
  if (kindOf(join(folder, CONFIG_FILE)) !== 'file') return above(dirname(folder), folder);
  return [
    { file: displayPath(join(folder, CONFIG_FILE)), fix: 'a configuration holds for its own folder: run drill there' },
  ];
}
