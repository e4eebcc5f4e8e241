import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './drill-run.fixture.ts';

/** A fenced block of a page, with the comment that stands before it. */
export interface Block {
  page: string;
  line: number;
  language: string;
  text: string;
  /** `<!-- in: checkout; exit: 1 -->`: how it is followed, where that does not go without saying. */
  marker: Record<string, string>;
}

/** Every page a person reads: those of the package's drills are written from the drills, and held to them by `docs.test.ts`. */
export const PAGES: string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  const found = text.matchAll(/^(?:<!-- ([a-z ]+: .*) -->\n)?```(.*)\n([\s\S]*?\n)```$/gm);
  const blocks = [...found].map(({ 0: whole, 1: said = '', 2: language = '', 3: inner = '', index }) => ({
    page,
    line: text.slice(0, index + whole.indexOf('```')).split('\n').length,
    language,
    text: inner,
    marker: Object.fromEntries(said.split('; ').map((part) => part.split(': '))),
  }));
  // What is indented, never closed or fenced otherwise would be followed by nobody.
  const fences = text.match(/^ *(?:```|~~~)/gm) ?? [];
  if (fences.length !== 2 * blocks.length) throw new Error(`${page} has a fence that is not read as a block`);
  return blocks;
}

/** The commands of a shell block: a line each, or several where they end in a backslash; comments are left out. */
export const commandsOf = (text: string): string[] =>
  text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/(^| +)# .*$/, '').trim())
    .filter((line) => line !== '');

/** As a shell would part it, as far as pages need it. */
export const wordsOf = (command: string): string[] =>
  (command.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));

/** Without what is another in each run: moments, addresses, keys, real time; and however lines were broken. */
export const loose = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d.:-]+Z?/g, 'MOMENT')
    .replace(/\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/median [\d.]+ s, slowest [\d.]+ s/g, 'TIMES')
    .replace(/127\.0\.0\.1:\d+/g, 'HERE')
    .replace(/[\d.]+ s, about [\d.]+ s left(?=;|$)/gm, 'REAL TIME')
    .replace(/\s+/g, ' ')
    .trim();
