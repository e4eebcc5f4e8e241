import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The script and the style of the page, as the build made them of `src/page`. */
export function pageFiles(): { script: string; style: string } {
  const root = dirname(createRequire(import.meta.url).resolve('failover-drill/package.json'));
  const read = (name: string) => readFileSync(join(root, 'dist/page', name), 'utf8').trim();
  return { script: read('main.js'), style: read('page.css') };
}

/** What the page may do: run this script, show this style, and reach nobody. */
export function policyFor({ script, style }: { script: string; style: string }): string {
  const hashed = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hashed(script)}`,
    `style-src ${hashed(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
