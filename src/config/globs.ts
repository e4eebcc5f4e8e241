import { basename, dirname, join, resolve } from 'node:path';
import { unknown } from './closest.ts';
import { dataFilesIn, listDrills } from './find.ts';

const isGlob = (word: string): boolean => /[*?]/.test(word);

/** Whether a word fits a pattern, in which `*` stands for any letters and `?` for one. */
function fits(word: string, pattern: string): boolean {
  const form = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${form}$`).test(word);
}

/** The words that somebody named, patterns in the place of those that fit them. Throws a DrillError where none does. */
export function expanded(named: readonly string[], known: readonly string[], what: string, file: string): string[] {
  const all = named.flatMap((word) => {
    if (!isGlob(word)) return [word];
    const found = known.filter((one) => fits(one, word));
    if (found.length > 0) return found;
    throw unknown(`"${word}" fits none of the ${what}`, file, word.replace(/[*?]/g, ''), known, what);
  });
  return [...new Set(all)];
}

/** Drills by name or by path, as \`slow_*\` or \`drills/slow_*.yaml\`. Throws a DrillError. */
export function expandedDrills(names: readonly string[], cwd: string): string[] {
  return names.flatMap((name) => {
    // A pattern behind a slash may be of an alternative, which only its drill knows.
    if (!isGlob(name)) return [name];
    if (!/[\\/]|\.(ya?ml|json)$/.test(name))
      return expanded(
        [name],
        listDrills(cwd).map((one) => one.name),
        'drills',
        'drill run',
      );
    const folder = dirname(name);
    const files = dataFilesIn(resolve(cwd, folder)).map((path) => join(folder, basename(path)));
    return expanded([join(name)], files, `files in ${folder}`, 'drill run');
  });
}
